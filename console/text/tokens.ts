/** Words about tokens by which programs use the API. */
import type { TokenMark } from "../../broker/api/shapes/tokens.ts";

const mark: Record<TokenMark, string> = {
  unused: "Unused for 30 days",
  expiring: "Ends soon",
};

export const tokenText = {
  title: "API tokens",
  allTitle: "API tokens of everybody",
  explain:
    "Programs use the API for you with these: some rights, some assets, for a time, and never more " +
    "than you may yourself at that moment. Make one with the command sallyport token create.",
  explainAll:
    "Programs use the API for people with these, within what the person may at that moment.",
  none: "There are none. The command sallyport token create asks for one, on the machine of the program.",
  failed: "The tokens could not be loaded",
  label: "API tokens",
  name: "Name",
  person: "Of",
  rights: "May",
  assets: "On",
  allAssets: "all assets",
  bound: "with its machine's key",
  free: "for whoever holds it",
  expires: "Expires",
  used: "Last used",
  never: "never",
  mark,
  revoke: "Revoke",
  revokeNamed: (name: string) => `Revoke the token ${name}`,
  revokeTitle: (name: string) => `Revoke ${name}?`,
  revokeExplain: "The program that uses it is refused at once. It cannot be brought back.",
} as const;
