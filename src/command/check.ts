import { configTable, jsonSchema, printConfig, problemText, redactedConfig } from '#src/config.ts'
import { defineCommand, UsageError } from './command.ts'
import { loadPlugins, loadSettings } from './plugins.ts'

export default defineCommand({
  about: 'Check the configuration and print it with every default, secrets redacted',
  operands: null,
  options: {
    config: {
      type: 'string',
      value: 'FILE',
      about: 'Configuration to check; without it TIDEMARK_CONFIG, else the defaults',
    },
    report: { type: 'string', value: 'text|json', default: 'text', about: 'How to print it' },
    schema: { type: 'boolean', about: 'Print the JSON Schema of the configuration instead' },
    markdown: { type: 'boolean', about: 'Print the table of all settings instead' },
  },
  async run({ config: file, report, schema, markdown }, _operands, { env, write, complain }) {
    if (report !== 'text' && report !== 'json') throw new UsageError('--report takes text or json')
    if (schema === true && markdown === true) throw new UsageError('--schema and --markdown exclude each other')
    const plugins = await loadPlugins()
    if (schema === true) write(`${JSON.stringify(jsonSchema(plugins), null, 2)}\n`)
    else if (markdown === true) write(configTable(plugins))
    if (schema === true || markdown === true) return 0

    const loaded = await loadSettings(file ?? env.TIDEMARK_CONFIG ?? null, env)
    if (loaded.kind === 'wrong') {
      if (report === 'json') write(`${JSON.stringify({ problems: loaded.problems }, null, 2)}\n`)
      else for (const problem of loaded.problems) complain(`${problemText(problem)}\n`)
      return 2
    }
    write(
      report === 'json' ? `${JSON.stringify(redactedConfig(loaded.config), null, 2)}\n` : printConfig(loaded.config),
    )
    return 0
  },
})
