/**
 * Tells the broker that a person sees this page: sessions that need a supervisor change nothing
 * without it. A hidden page says so at once; one that hangs falls silent.
 */
import { useEffect, useState } from "react";
import { liveSocket } from "../components/live.ts";

/** The broker lets three of these be missed. */
const SAY_EVERY_MS = 5_000;
/** Moving the pointer keeps the sign-in alive; the broker need not hear of every move. */
const ACTIVITY_EVERY_MS = 20_000;
const HUMAN_INPUT = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;

/** @returns whether the page is shown now */
export function usePresence(session: string, watching: boolean): boolean {
  const [shown, setShown] = useState(isShown);
  useEffect(() => {
    if (!watching) return;
    const say = () => {
      setShown(isShown());
      if (liveSocket().connected) liveSocket().emit("presence", session, isShown());
    };
    say();
    const timer = setInterval(say, SAY_EVERY_MS);
    document.addEventListener("visibilitychange", say);
    window.addEventListener("pagehide", say);
    const stopActivity = listenForPerson(session);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", say);
      window.removeEventListener("pagehide", say);
      stopActivity();
    };
  }, [session, watching]);
  return shown;
}

function isShown(): boolean {
  return document.visibilityState === "visible";
}

function listenForPerson(session: string): () => void {
  let saidMs = Number.NEGATIVE_INFINITY;
  const heard = (event: Event) => {
    const nowMs = performance.now();
    if (!event.isTrusted || nowMs - saidMs < ACTIVITY_EVERY_MS || !liveSocket().connected) return;
    saidMs = nowMs;
    liveSocket().emit("activity", session);
  };
  for (const name of HUMAN_INPUT) document.addEventListener(name, heard, { passive: true });
  return () => {
    for (const name of HUMAN_INPUT) document.removeEventListener(name, heard);
  };
}
