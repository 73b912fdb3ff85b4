/** Whether the person may open some recording: their own, or all. */
import { useRight } from "../components/me.ts";

export function useMayReplay(): boolean {
  const own = useRight("recording:own");
  const all = useRight("recording:all");
  return own || all;
}
