/** `sallyport config`: the reference of all settings, generated from their table. */
import { settingReference } from "../config.ts";

/** Plain text, 100 columns; one block a setting. */
export function settingsText(): string {
  const head = [
    "Settings are read from the environment and, behind it, from the YAML file that",
    "SALLYPORT_CONFIG names. A file key is the variable without its prefix: session-idle.",
    "Times are written as 90s, 15m or 8h.",
  ];
  const blocks = settingReference().map(({ variable, description, accepts, fallback }) => [
    "",
    variable,
    `    ${description}`,
    `    must be ${accepts}`,
    ...(fallback === "" ? [] : [`    default ${fallback}`]),
  ]);
  return `${[...head, ...blocks.flat()].join("\n")}\n`;
}
