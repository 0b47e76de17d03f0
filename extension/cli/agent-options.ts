/** How the commands that need an agent start it, and the options by which that can be changed. */
import { type Command, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { AgentConnection } from '../hosts/connection.ts';
import { LocalHost } from '../hosts/local.ts';

export interface AgentOptions {
  /** Path of an agent binary, instead of the one beside the bundle. */
  readonly agent?: string;
  /** Command that gives root, split at spaces. */
  readonly sudo: string;
}

/** Adds the options that `connect` reads. */
export function addAgentOptions(command: Command): Command {
  return command
    .option('--sudo <command>', 'command that runs the agent as root', 'sudo -n')
    .addOption(new Option('--agent <path>', 'agent binary to use').hideHelp());
}

/**
 * Starts an agent on this machine.
 * @param bundleDirectory where the bundle lies, and the agent below it
 * @throws UserError why that cannot be done
 */
export function connect(options: AgentOptions, bundleDirectory: string): Promise<AgentConnection> {
  const host = new LocalHost({
    bundleDirectory,
    agentPath: options.agent,
    elevation: options.sudo.split(/\s+/).filter((word) => word !== ''),
  });
  return AgentConnection.open(host, {
    client: { name: 'leaklens-cli', version: packageJson.version },
  });
}
