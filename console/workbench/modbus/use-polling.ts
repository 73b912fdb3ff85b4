/** The polling of a desk as a component sees it. Nothing is read while the page is hidden. */
import { useEffect, useState } from "react";
import type { ModbusDesk } from "./desk.ts";
import { POLL_FIRST_MS } from "./desk.ts";

export interface Polling {
  readonly on: boolean;
  readonly chosenMs: number;
  /** What is really kept; longer when the asset answers slowly. */
  readonly periodMs: number;
  readonly choices: readonly number[];
  toggle(): void;
  choose(ms: number): void;
  once(): void;
}

const CHOICES_MS = [200, 500, 1_000, 2_000, 5_000, 10_000, 60_000];

export function usePolling(desk: ModbusDesk, minMs: number): Polling {
  const [on, setOn] = useState(true);
  const choices = CHOICES_MS.filter((ms) => ms >= minMs);
  const [chosenMs, setChosen] = useState(() => Math.max(minMs, POLL_FIRST_MS));
  const [periodMs, setPeriod] = useState(chosenMs);
  useEffect(() => {
    desk.onCycle = (cycle) => setPeriod(Math.ceil(cycle.periodMs / 100) * 100);
    return () => {
      desk.onCycle = () => {};
    };
  }, [desk]);
  useEffect(() => {
    desk.poller.setRate({ chosenMs, minMs });
  }, [desk, chosenMs, minMs]);
  useEffect(() => {
    if (on) desk.poller.start();
    else desk.poller.stop();
    return () => desk.poller.stop();
  }, [desk, on]);
  useEffect(() => {
    const tell = () => desk.poller.setVisible(!document.hidden);
    tell();
    document.addEventListener("visibilitychange", tell);
    return () => document.removeEventListener("visibilitychange", tell);
  }, [desk]);
  return {
    on,
    chosenMs,
    periodMs,
    choices: choices.includes(chosenMs) ? choices : [chosenMs, ...choices],
    toggle: () => setOn(!on),
    choose: setChosen,
    once: () => void desk.readOnce(),
  };
}
