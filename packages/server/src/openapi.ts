/** The routes in the terms of OpenAPI 3.1: made from the same data as the application, so that the two cannot differ. */
import { z } from 'zod'
import type { AnswerKind, Described, Inputs, Route } from './route.ts'

/** @param url in front of the paths */
export function openApi(routes: readonly Route[], url: string): object {
  const paths: { [path: string]: { [method: string]: object } } = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Signet',
      version: '1',
      description: 'JWTs you can take back: issue, verify, refresh and revoke.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url }],
    paths,
    components: {
      schemas: { Problem: problem },
      responses: {
        Problem: {
          description: 'what is wrong, by field (RFC 9457)',
          content: { 'application/problem+json': { schema: ref('Problem') } },
        },
      },
      securitySchemes: {
        adminKey: { type: 'http', scheme: 'bearer', description: 'an admin key, signet_admin_…' },
        accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      },
    },
  }
}

function operation(route: Route): object {
  const { method, path, summary, access, input, described = {}, answers } = route
  const security =
    access === 'public'
      ? []
      : access === 'token'
        ? [{ accessToken: [] }]
        : [{ adminKey: [access.admin] }]
  const content = requestContent(input, described)
  return {
    operationId: `${method.toLowerCase()}${path.replaceAll(/[^A-Za-z0-9]+(\w)?/g, (_, first = '') => first.toUpperCase())}`,
    summary,
    security,
    parameters: [
      ...parameters('path', input.params),
      ...parameters('query', input.query ?? described.query),
    ],
    ...(content === undefined ? {} : { requestBody: { required: true, content } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, kind]) => [status, response(kind)]),
      ),
      default: { $ref: '#/components/responses/Problem' },
    },
  }
}

function requestContent(input: Inputs, { body = input.body, form }: Described): object | undefined {
  if (form !== undefined) {
    return { 'application/x-www-form-urlencoded': { schema: schemaOf(form, 'input') } }
  }
  return body === undefined
    ? undefined
    : { 'application/json': { schema: schemaOf(body, 'input') } }
}

function response({ description, type = 'application/json', body }: AnswerKind): object {
  return body === undefined
    ? { description }
    : { description, content: { [type]: { schema: schemaOf(body, 'output') } } }
}

interface ObjectSchema {
  readonly properties?: { readonly [name: string]: object }
  readonly required?: readonly string[]
}

function parameters(place: 'path' | 'query', schema: z.ZodType | undefined): readonly object[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as ObjectSchema
  return Object.entries(properties).map(([name, each]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: each,
  }))
}

/** Dates leave the server as texts; what JSON Schema cannot say, such as a check between members, is left out. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema._zod.def.type === 'date')
        Object.assign(jsonSchema, { type: 'string', format: 'date-time' })
    },
  })
  return rest
}

function ref(name: string): object {
  return { $ref: `#/components/schemas/${name}` }
}

const problem = {
  type: 'object',
  required: ['title', 'status', 'detail'],
  properties: {
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['detail'],
        properties: {
          detail: { type: 'string' },
          pointer: { type: 'string', description: 'a member of the body (RFC 6901)' },
          parameter: { type: 'string' },
        },
      },
    },
  },
}
