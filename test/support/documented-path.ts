/** Imported before the tests of the codec: they then run on its documented path, and the last line says whether they did. */
import { isFast, takePath } from '../../packages/signet/src/jose/path.ts'

takePath('documented')
process.on('exit', () => console.log(`the path taken was ${isFast() ? 'fast' : 'documented'}`))
