/** Words of a changed plant file that waits for an administrator. */
export const plantChangeText = {
  title: "A changed plant file waits for you",
  since: "changed",
  proposed: (name: string, note: string) => `Proposed by ${name}: ${note}`,
  own: "You proposed this: somebody else confirms it. It can be taken back on the page Plant file.",
  body: "The plant that was confirmed last stays in force. If this change was not meant, refuse it on the page Plant file, or put the older file back on the host.",
  show: "Show the change",
  dialogTitle: "Change of the plant file",
  warnings: "Allowed, but probably not meant",
  file: "plant file",
  confirm: "Confirm",
  signs: "Your passkey signs exactly this file. Sessions lose at once what it no longer gives.",
  failed: "Nothing was confirmed",
  altered: "What came to be signed is not what the broker showed. Load the page again.",
} as const;
