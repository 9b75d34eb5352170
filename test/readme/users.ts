// What a reader of the README has anyway: users, and something worth guarding. The block of the README follows.
import type { Request, Response } from 'express'

type User = { readonly id: string; readonly role: 'user' | 'editor' }

async function checkPassword(body: { readonly name: string }): Promise<User> {
  return { id: '42', role: body.name === 'anna' ? 'editor' : 'user' }
}

function deleteArticle(_req: Request, res: Response): void {
  res.status(204).end()
}
