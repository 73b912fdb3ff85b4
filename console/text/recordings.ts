import type { RecordingView } from "../../broker/api/shapes/sessions.ts";

const state: Record<RecordingView["state"], string> = {
  open: "Running",
  sealed: "Sealed",
  gap: "Gap",
  aborted: "Aborted",
};

export const recordingsText = {
  title: "Recordings",
  failed: "The recordings could not be loaded",
  summary: (shown: number, all: number) =>
    `${shown === all ? "" : `${shown} of `}${all} ${all === 1 ? "recording" : "recordings"}`,
  filter: "Filter recordings",
  filterIsSearch:
    "This box narrows the list by names and ids. What was recorded is searched instead:",
  filterFoundNothing: "No name or id is like that. What was recorded can be searched instead:",
  searchFor: (text: string) => `Search for ${text}`,
  person: "Person",
  anyPerson: "Any person",
  asset: "Asset",
  anyAsset: "Any asset",
  stateLabel: "State",
  anyState: "Any state",
  from: "From",
  until: "Until",
  clear: "Clear all",
  probes: "Show the broker's own",
  older: "Load older",
  emptyTitle: "No recordings yet",
  empty: "Every session leaves a recording here, from its first moment on.",
  table: {
    label: "Recordings",
    what: "Asset",
    who: "Who",
    started: "Started",
    length: "Length",
    changed: "Acts",
    changedHint: "What passed beyond reading: writes, calls, shells, commands, input, files",
    refused: "Refused",
    state: "State",
    size: "Size",
    id: "Id",
  },
  id: "recording id",
  state,
} as const;
