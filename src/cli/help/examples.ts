/** What the help of a command adds to its options. */
interface Guide {
  /** Command lines without the name of tg. */
  readonly examples: readonly string[];
  /** The page of docs/ to read, and its section. */
  readonly page: string;
  readonly section: string;
}

const runs = { page: 'cli.md', section: 'Active and past runs' } as const;
const machine = { page: 'cli.md', section: 'This machine' } as const;
const sync = { page: 'cli.md', section: 'Taking part from a script' } as const;
const network = { page: 'networks.md', section: 'Looking into a network' } as const;
const plans = { page: 'cli.md', section: 'Plans' } as const;
const build = { page: 'builders.md', section: 'Building' } as const;

/** The guides by command: `run single`. */
export const guides: Readonly<Record<string, Guide>> = {
  '': {
    examples: ['run example --testcase sync --instances 10', 'why', 'report --open', 'run --help'],
    page: 'tutorial.md',
    section: 'From a plan to CI in fifteen minutes',
  },
  run: {
    examples: [
      'run example --testcase sync',
      'run ./plan --instances 20',
      'run composition --file pair.toml',
      'run single --help',
    ],
    page: 'cli.md',
    section: 'tg run single',
  },
  'run single': {
    examples: [
      'run example --testcase sync --instances 10 --collect',
      'run ./plan --matrix fanout=2,4,8 --repeat 5',
      "run ./plan -i 5 --fault 'kill one:all state=ready count=5'",
      "run ./plan -i 50 --threshold 'latency:p95<250' --junit report.xml",
    ],
    page: 'cli.md',
    section: 'tg run single',
  },
  'run composition': {
    examples: [
      'run composition --file pair.toml --dry-run',
      'run composition --file pair.toml --run-ids small,large',
      'run composition --file pair.toml --timeout 10m --junit report.xml',
    ],
    page: 'compositions.md',
    section: 'Compositions',
  },
  rerun: {
    examples: ['rerun latest', 'rerun latest~1 --build', 'rerun ./unpacked-run --yes'],
    page: 'cli.md',
    section: 'tg rerun',
  },
  build: { examples: ['build single example', 'build composition --file pair.toml'], ...build },
  'build single': {
    examples: ['build single ./plan', 'build single ./plan --quiet', 'build single ./plan --builder exec:go'],
    ...build,
  },
  'build composition': {
    examples: [
      'build composition --file pair.toml',
      'build composition --file pair.toml --write-artifacts --quiet',
    ],
    ...build,
  },
  'build purge': {
    examples: ['build purge --plan example --builder exec:node', 'build purge -p ./plan -b exec:go'],
    ...build,
  },
  tasks: { examples: ['tasks --limit 10', 'tasks --plan example --outcome failure'], ...runs },
  status: { examples: ['status', 'status latest~1 --extended'], ...runs },
  why: { examples: ['why', 'why latest~1', 'why latest --json'], ...runs },
  logs: { examples: ['logs', 'logs --follow', "logs latest~1 --instance 'single[3]'"], ...runs },
  metrics: {
    examples: ['metrics', "metrics --name 'latency*' --csv", 'metrics latest~1 --format csv -o values.csv'],
    page: 'metrics.md',
    section: 'The table',
  },
  report: {
    examples: ['report --open', 'report latest~1 --output run.html', 'report --watch'],
    page: 'report.md',
    section: 'The report',
  },
  compare: {
    examples: [
      'compare latest~1 latest',
      'compare latest~3,latest~2 latest~1,latest',
      'compare latest~1 latest --html compare.html',
    ],
    page: 'metrics.md',
    section: 'Comparing runs',
  },
  terminate: { examples: ['terminate latest', 'terminate --all'], ...runs },
  net: { examples: ["net show latest 'clients[0]' 'servers[0]'", 'net shell --help'], ...network },
  'net show': {
    examples: [
      "net show latest 'clients[0]' 'servers[0]'",
      "net show latest 'clients[0]' 'clients[1]' --json",
    ],
    ...network,
  },
  'net shell': {
    examples: ["net shell latest 'clients[0]'", "net shell latest 'clients[0]' -- ping -c 3 16.0.0.3"],
    ...network,
  },
  collect: {
    examples: ['collect latest', 'collect latest --output run.tgz', 'collect latest -o - | tar tzf -'],
    page: 'cli.md',
    section: 'tg collect',
  },
  prune: { examples: ['prune --older-than 7d', 'prune --older-than 7d --runs --yes'], ...runs },
  plan: { examples: ['plan list', 'plan create --plan first --dir ./first'], ...plans },
  'plan create': {
    examples: ['plan create --plan first --dir ./first', 'plan create --plan second --target go'],
    page: 'writing-a-plan.md',
    section: 'Writing a plan',
  },
  'plan import': {
    examples: [
      'plan import --from ./plans',
      'plan import --git --from https://example.org/plans.git --name theirs',
    ],
    ...plans,
  },
  'plan list': { examples: ['plan list', 'plan list | grep example'], ...plans },
  'plan rm': { examples: ['plan rm --plan first', 'plan rm --plan first --yes'], ...plans },
  describe: {
    examples: ['describe --plan example', 'describe -p ./plan -t sync', 'describe --file pair.toml --json'],
    ...plans,
  },
  healthcheck: { examples: ['healthcheck', 'healthcheck --fix'], ...machine },
  daemon: { examples: ['daemon', '--endpoint http://localhost:8042 daemon'], ...machine },
  completion: { examples: ['completion bash', 'completion zsh', 'completion fish'], ...machine },
  schema: {
    examples: ['schema manifest', 'schema composition', 'schema events'],
    page: 'cli.md',
    section: 'For programs',
  },
  version: { examples: ['version', '--version'], ...machine },
  sync: { examples: ['sync signal ready --wait', 'sync subscribe leader --count 1'], ...sync },
  'sync signal': { examples: ['sync signal ready', 'sync signal ready --wait --timeout 30s'], ...sync },
  'sync barrier': { examples: ['sync barrier ready', 'sync barrier ready 3 --timeout 30s'], ...sync },
  'sync publish': {
    examples: ['sync publish leader "$HOSTNAME"', `sync publish sizes '[1, 2]' --json`],
    ...sync,
  },
  'sync subscribe': {
    examples: ['sync subscribe leader --count 1', 'sync subscribe sizes --json'],
    ...sync,
  },
  'sync event': {
    examples: ['sync event message "about to start"', 'sync event success', 'sync event failure "no leader"'],
    ...sync,
  },
  'sync-service': {
    examples: [
      'sync-service',
      'sync-service --port 0',
      'sync-service --sync redis --redis redis://127.0.0.1',
    ],
    page: 'writing-a-plan.md',
    section: 'By hand, under a debugger',
  },
};
