/** Words about what counts as usual, and who approves it. */

export const baselineText = {
  title: "What is usual",
  summary:
    "Live sessions are compared with a baseline counted from past ones. It never learns by itself: another one is counted on the host (sallyport risk learn --propose), waits here, and counts once an administrator has signed for it.",
  failed: "What counts as usual could not be loaded",
  none: "Nothing is compared yet",
  noneAdvice:
    "Count a baseline on the host with sallyport risk learn --propose, then approve it here.",
  inForce: (sessions: number, from: string, until: string) =>
    `In force: ${sessions} sessions from ${from} to ${until}`,
  named:
    "It is the file that SALLYPORT_RISK_BASELINE names, and is changed on the host. Without that setting it is approved here.",
  problem: "What waits cannot be used",
  proposed: {
    title: "Waits for an approval",
    lead: (sessions: number, from: string, until: string) =>
      `Counted from ${sessions} sessions from ${from} to ${until}. Read what would be no finding any more: whatever somebody did that they should not have done becomes usual with it.`,
    approve: "Approve",
    dialog: "Let this baseline count?",
    body: "It counts for sessions that begin from now on; those that run are compared with the one they began with. It is kept, and any earlier one can be put back. Your passkey signs this.",
    reason: "Why it is right",
    done: "It counts from now on",
    nothing: "It makes nothing usual or unusual that was not so before.",
  },
  changes: {
    label: "What would change",
    who: "Who",
    anybody: "anybody",
    asset: "Asset",
    adds: "Becomes usual",
    drops: "Becomes unusual",
    more: (count: number) => `and ${count} more. The file on the host holds all of it.`,
  },
  versions: {
    title: "Approved so far",
    label: "Baselines approved so far",
    back: "Put back",
    backTitle: (number: number) => `Put version ${number} back?`,
  },
  altered: "The broker showed one thing and asked you to sign another. Nothing was signed.",
} as const;
