import { expect, test } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { python } from '../support/python.ts';

/** What is wrong with a configuration that is written in Python; an empty text if nothing is. */
async function problemsOf(config: string): Promise<string> {
  const { stdout } = await python(`
from tg_sdk import FilterAction, LinkRule, LinkShape, NetworkConfig, NetworkError
try:
    NetworkConfig(${config})._wire()
except NetworkError as error:
    print(str(error).removeprefix("failed to configure network; "), end="")
`);
  return stdout;
}

describeWith('python3', 'a network configuration of the SDK for Python', () => {
  test.each([
    `callback_state="s"`,
    `callback_state="s", ipv4="16.0.1.2/16", ipv6="fd00::2/64", enable=False, callback_target=0, routing_policy="allow_all"`,
    `callback_state="s", ipv4="16.0.1.2", default=LinkShape(latency=0.5, jitter=4294, bandwidth=1000, loss=100, corrupt_corr=2.5)`,
    `callback_state="s", rules=[LinkRule(subnet="16.0.1.0/24", filter=FilterAction.DROP), LinkRule(subnet="16.0.1.9", filter=1)]`,
  ])('is valid: %s', async (config) => {
    expect(await problemsOf(config)).toBe('');
  });

  test.each([
    ['callback_state=""', 'no callback state provided'],
    ['callback_state="s", network=""', "network must be the name of a network, not ''"],
    ['callback_state="s", enable="yes"', "enable must be True or False, not 'yes'"],
    [
      'callback_state="s", ipv4="16.0.1.2/255.255.0.0"',
      "ipv4 must be an IPv4 address such as 16.0.1.2/16, not '16.0.1.2/255.255.0.0'",
    ],
    ['callback_state="s", ipv4="fd00::1"', "ipv4 must be an IPv4 address such as 16.0.1.2/16, not 'fd00::1'"],
    [
      'callback_state="s", ipv6="16.0.1.2"',
      "ipv6 must be an IPv6 address such as fd00::2/64, not '16.0.1.2'",
    ],
    ['callback_state="s", callback_target=1.5', 'callback_target must be a whole number from 0, not 1.5'],
    ['callback_state="s", routing_policy="x"', "routing_policy must be allow_all or deny_all, not 'x'"],
    [
      'callback_state="s", default=LinkShape(latency=-1, bandwidth=0.5)',
      'default.latency must be a number of seconds from 0 to 4294.967, not -1; default.bandwidth must be a whole number of bits per second, or 0 for no limit, not 0.5',
    ],
    [
      'callback_state="s", default=LinkShape(filter=3, loss=float("nan"), reorder=-1)',
      'default.filter must be a FilterAction, not 3; default.loss must be a percentage from 0 to 100, not nan; default.reorder must be a percentage from 0 to 100, not -1',
    ],
    [
      'callback_state="s", rules=[LinkRule(), LinkRule(subnet="eu", duplicate=101)]',
      "rules[0] has no subnet; rules[1].subnet must be an IPv4 subnet such as 16.0.1.0/24, not 'eu'; rules[1].duplicate must be a percentage from 0 to 100, not 101",
    ],
  ])('is refused, and what is wrong is named: %s', async (config, problems) => {
    expect(await problemsOf(config)).toBe(problems);
  });
});
