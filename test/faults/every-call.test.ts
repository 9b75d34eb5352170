import { memoryStore } from '../../packages/signet/src/stores/memory.ts'
import { faultEveryCall } from './every-call.ts'

faultEveryCall('memory', () => memoryStore())
