/** Words of the policy page. */
const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;

export const policyText = {
  title: "Policy",
  summary: (rules: number, version: number) =>
    `${count(rules, "policy", "policies")} in force, version ${version}`,
  failed: "The policies could not be loaded",
  parts: { rules: "In force", edit: "Edit", history: "History" },
  filter: "Filter policies",
  problem: (line: string) => `The files on the host are not in force: ${line}`,
  rules: {
    label: "Policies in force",
    id: "Policy",
    effect: "Effect",
    permit: "permits",
    forbid: "forbids",
    reason: "Reason",
    place: "Place",
  },
  edit: {
    file: "File",
    text: (file: string) => `Text of ${file}`,
    newFile: "New file",
    newFileAdvice: "Ends with .cedar, or .tests.yaml for tests",
    add: "Add file",
    remove: (file: string) => `Remove ${file}`,
    discard: "Discard changes",
    checking: "Checking",
    unchanged: "Nothing is changed.",
    valid: (policies: number, tests: number) =>
      `Valid: ${count(policies, "policy", "policies")}, ${count(tests, "test passes", "tests pass")}.`,
    invalid: (problems: number, failures: number) =>
      `It cannot come into force: ${count(problems, "problem", "problems")}, ${count(failures, "failing test", "failing tests")}.`,
    goTo: (place: string) => `Go to ${place}`,
    checkFailed: "The check did not work",
    activate: "Put in force",
    activateTitle: "Put these policies in force?",
    activateAdvice:
      "Everybody's rights and all live sessions are decided again at once. Your passkey is asked for.",
    reason: "What changes and why",
    refused: "The broker did not put it in force; what stands in the way is listed below the text.",
    overtaken: "Other policies came into force while you edited. Your text is still here.",
  },
  history: {
    label: "Versions of the policies",
    version: "Version",
    at: "In force since",
    by: "By",
    note: "Why",
    digest: "Digest",
    current: "in force",
    show: "Changes",
    showTitle: (version: number) => `From version ${version} to the one in force`,
    same: "The files are the same.",
    loading: "Loading the version",
    restore: "Put in force again",
    restoreTitle: (version: number) => `Put version ${version} in force again?`,
    restoreFailed: "That version cannot come into force any more",
  },
} as const;
