import { describe, expect, it } from 'vitest'
import check from '#src/command/check.ts'
import { defineCommand } from '#src/command/command.ts'
import { type Commands, dispatch, version } from '#src/command/dispatch.ts'

const echo = defineCommand({
  about: 'Say it again',
  operands: 'WORD…',
  options: { loud: { type: 'boolean', about: 'In capitals' }, to: { type: 'string', value: 'NAME', about: 'To whom' } },
  async run({ loud, to }, words, { write }) {
    if (words[0] === 'throw') throw new Error('it broke')
    write([...words, to].join(' ')[loud === true ? 'toUpperCase' : 'toLowerCase']())
    return 0
  },
})
const commands: Commands = {
  echo: async () => ({ default: echo }),
  check: async () => ({ default: check }),
}

async function call(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  let out = ''
  let err = ''
  const code = await dispatch(commands, args, {
    env,
    write: (text) => {
      out += text
    },
    complain: (text) => {
      err += text
    },
  })
  return { code, out, err }
}

describe('dispatch', () => {
  it('gives a command its options and operands', async () => {
    expect(await call(['echo', 'A', '--to', 'b', 'C'])).toEqual({ code: 0, out: 'a c b', err: '' })
    expect(await call(['echo', 'a', '--loud', '--to=b'])).toMatchObject({ code: 0, out: 'A B' })
  })

  it('tells what there is', async () => {
    expect(await call(['--version'])).toEqual({ code: 0, out: `tidemark ${version()}\n`, err: '' })
    const help = await call(['--help'])
    expect(help.code).toBe(0)
    expect(help.out).toContain('echo   Say it again')
    const one = await call(['echo', 'x', '--help'])
    expect(one.code).toBe(0)
    expect(one.out).toContain('Usage: tidemark echo WORD… [options]')
    expect(one.out).toContain('--to NAME  To whom')
  })

  it('takes what comes after -- for operands', async () => {
    expect(await call(['echo', '--', '--help'])).toMatchObject({ code: 0, out: expect.stringContaining('--help') })
  })

  it.each([
    ['no command', [], 'Usage: tidemark COMMAND'],
    ['an unknown command', ['fly'], 'there is no command "fly"'],
    ['a name of the prototype', ['constructor'], 'there is no command "constructor"'],
    ['control characters', ['\u001b[2J'], 'there is no command "\\u001b[2J"'],
    ['an unknown option', ['echo', '--soft'], "Unknown option '--soft'"],
    ['a missing value', ['echo', '--to'], "Option '--to <value>' argument missing"],
    ['operands where there are none', ['check', 'x'], 'unexpected "x"'],
    ['a value that is none', ['check', '--report', 'xml'], '--report takes text or json'],
  ])('bad usage is 2: %s', async (_case, args, told) => {
    const { code, out, err } = await call(args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(told)
  })

  it('a failure is 1, told in one line, with its stack only at log level debug', async () => {
    expect(await call(['echo', 'throw'])).toEqual({ code: 1, out: '', err: 'tidemark: it broke\n' })
    const { err } = await call(['echo', 'throw'], { TIDEMARK_LOG__LEVEL: 'debug' })
    expect(err).toContain('dispatch.test.ts')
  })
})

describe('check', () => {
  it('prints the configuration', async () => {
    const { code, out } = await call(['check'], {
      TIDEMARK_HTTP__PORT: '9',
      TIDEMARK_STORE__KIND: 'server',
      TIDEMARK_STORE__URL: 'http://h',
      TIDEMARK_STORE__PASSWORD: 'hunter2',
    })
    expect(code).toBe(0)
    expect(out).toContain('port: 9\n')
    expect(out).toContain('password: (redacted)')
    const json = await call(['check', '--report', 'json'])
    expect(JSON.parse(json.out)).toMatchObject({ http: { port: 8080 } })
  })

  it('says what is wrong, exit code 2', async () => {
    const env = { TIDEMARK_HTTP__PORT: 'x' }
    expect(await call(['check'], env)).toEqual({
      code: 2,
      out: '',
      err: 'http.port: "x" is not accepted; expected a whole number, 0 to 65535\n',
    })
    const json = await call(['check', '--report', 'json'], env)
    expect(json.code).toBe(2)
    expect(JSON.parse(json.out)).toEqual({
      problems: [{ path: 'http.port', value: '"x"', expected: 'a whole number, 0 to 65535' }],
    })
    expect(await call(['check', '--config', 'no-such-file'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('ENOENT'),
    })
  })

  it('prints the JSON Schema and the table', async () => {
    const schema = await call(['check', '--schema'])
    expect(JSON.parse(schema.out)).toMatchObject({ title: 'Tidemark configuration', type: 'object' })
    expect((await call(['check', '--markdown'])).out).toContain('| `http.port` | `8080` |')
  })
})
