/** Colours of terminals in the console's dark and light: each readable on its ground (4.5 : 1). */
import type { ITheme } from "@xterm/xterm";

const DARK: ITheme = {
  background: "#141618",
  foreground: "#d9dcdf",
  cursor: "#d9dcdf",
  cursorAccent: "#141618",
  selectionBackground: "#46515c",
  black: "#44494f",
  red: "#ff8a80",
  green: "#8fc99a",
  yellow: "#f0c052",
  blue: "#8db9f0",
  magenta: "#d3a4e6",
  cyan: "#7fcbd4",
  white: "#d9dcdf",
  brightBlack: "#949aa0",
  brightRed: "#ffb3ac",
  brightGreen: "#b2e0bb",
  brightYellow: "#f7d98b",
  brightBlue: "#b8d4f7",
  brightMagenta: "#e5c8f1",
  brightCyan: "#aee2e8",
  brightWhite: "#ffffff",
};

const LIGHT: ITheme = {
  background: "#ffffff",
  foreground: "#1f2429",
  cursor: "#1f2429",
  cursorAccent: "#ffffff",
  selectionBackground: "#c5ccd3",
  black: "#1f2429",
  red: "#b3261e",
  green: "#256b34",
  yellow: "#7a5900",
  blue: "#1a5aa8",
  magenta: "#7d3996",
  cyan: "#0b6670",
  white: "#5a636c",
  brightBlack: "#566370",
  brightRed: "#b3261e",
  brightGreen: "#256b34",
  brightYellow: "#7a5900",
  brightBlue: "#1a5aa8",
  brightMagenta: "#7d3996",
  brightCyan: "#0b6670",
  brightWhite: "#1f2429",
};

export function terminalTheme(scheme: "dark" | "light"): ITheme {
  return scheme === "dark" ? DARK : LIGHT;
}
