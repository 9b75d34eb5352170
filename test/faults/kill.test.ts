import { killTest } from './kill.ts'

killTest('a process killed ten times loses nothing it was told, and no session forks', 10)
