/** Words of lists of versions: of the policies, of the plant file. */
export const versionsText = {
  version: "Version",
  at: "In force since",
  by: "By",
  note: "Why",
  digest: "Digest",
  current: "in force",
  show: "Changes",
  showTitle: (version: number) => `From version ${version} to the one in force`,
} as const;
