/** Something that whoever starts the server must put right. The message is all they need; a stack would hide it. */
export class SetupError extends Error {
  override readonly name = 'SetupError'
}
