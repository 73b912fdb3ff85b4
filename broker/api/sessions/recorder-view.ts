import type { Recorder } from "../../evidence/recorder.ts";

export function recorderView(recorder: Pick<Recorder, "state">): "recording" | "frozen" {
  return recorder.state.kind === "ready" ? "recording" : "frozen";
}
