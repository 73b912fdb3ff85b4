/** How terminals look to this person: the console's colours, and letters of the size they chose. */
import { useComputedColorScheme } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { useEffect } from "react";
import { FONT_SIZE, type TerminalScreen } from "./terminal-screen.ts";

export interface TerminalLook {
  readonly fontSize: number;
  change(by: number): void;
}

export function useTerminalLook(screen: TerminalScreen): TerminalLook {
  const scheme = useComputedColorScheme("dark");
  const [chosen, choose] = useLocalStorage<number>({
    key: "sallyport.terminal-letters",
    defaultValue: FONT_SIZE.usual,
    getInitialValueInEffect: false,
  });
  const fontSize = within(chosen);
  useEffect(() => screen.look(scheme, fontSize), [screen, scheme, fontSize]);
  return { fontSize, change: (by) => choose(within(fontSize + by)) };
}

function within(size: number): number {
  if (!Number.isFinite(size)) return FONT_SIZE.usual;
  return Math.min(FONT_SIZE.max, Math.max(FONT_SIZE.min, Math.round(size)));
}
