/**
 * The user's settings, decoded: whatever stands in settings.json, the rest of the editor gets
 * values of the right type and in the right range.
 */
import { z } from 'zod';
import { type SettingKey, settingKeys } from './contributions.ts';

/** Decoder of each setting. Its default is package.json's, which a test compares. */
const decoders = {
  captureDuration: z.number().min(0).max(86_400).default(60),
  captureInterval: z.number().min(0.1).max(60).default(1),
  openDashboard: z.boolean().default(true),
  agentPath: z
    .string()
    .refine((path) => path === '' || path.startsWith('/'), 'must be an absolute path')
    .default(''),
  elevationCommand: z.array(z.string().min(1)).default(['sudo', '-n']),
  sourceMap: z.record(z.string(), z.string()).default({}),
  decorations: z.boolean().default(true),
  codeLens: z.boolean().default(true),
  hovers: z.boolean().default(true),
  problems: z.boolean().default(true),
  markGrowing: z.boolean().default(true),
  minimumConfidence: z.number().min(0).max(1).default(0.5),
  minimumGrowth: z.number().min(0).default(0),
} satisfies Record<keyof typeof settingKeys, z.ZodType>;

type Decoded = { readonly [K in keyof typeof decoders]: z.output<(typeof decoders)[K]> };
/** captureDuration and captureInterval in s, minimumGrowth in bytes/min. */
export type Settings = Decoded;

/** A setting whose value was not usable and whose default stands in for it. */
export interface SettingProblem {
  readonly key: SettingKey;
  readonly message: string;
}

/**
 * Decodes all settings.
 * @param read gives the raw value of a setting, or undefined
 * @param report is told of each value that was replaced by its default
 */
export function decodeSettings(
  read: (key: SettingKey) => unknown,
  report: (problem: SettingProblem) => void,
): Settings {
  const decode = <T>(name: keyof typeof decoders, decoder: z.ZodType<T>): T => {
    const key = settingKeys[name];
    const result = decoder.safeParse(read(key));
    if (result.success) return result.data;
    report({ key, message: result.error.issues[0]?.message ?? 'not a valid value' });
    return decoder.parse(undefined);
  };
  return {
    captureDuration: decode('captureDuration', decoders.captureDuration),
    captureInterval: decode('captureInterval', decoders.captureInterval),
    openDashboard: decode('openDashboard', decoders.openDashboard),
    agentPath: decode('agentPath', decoders.agentPath),
    elevationCommand: decode('elevationCommand', decoders.elevationCommand),
    sourceMap: decode('sourceMap', decoders.sourceMap),
    decorations: decode('decorations', decoders.decorations),
    codeLens: decode('codeLens', decoders.codeLens),
    hovers: decode('hovers', decoders.hovers),
    problems: decode('problems', decoders.problems),
    markGrowing: decode('markGrowing', decoders.markGrowing),
    minimumConfidence: decode('minimumConfidence', decoders.minimumConfidence),
    minimumGrowth: decode('minimumGrowth', decoders.minimumGrowth),
  };
}
