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
  unspoken: {
    title: (n: number) =>
      `${count(n, "right is", "rights are")} newer than these policies: nobody holds ${n === 1 ? "it" : "them"}`,
    before: "No policy here speaks of",
    advice:
      "Permit or forbid by name to settle it; on the host this command shows what the policies that Sallyport comes with say, and adds it with --apply:",
    command: "command",
  },
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
    propose: "Propose",
    proposeTitle: "Propose these policies?",
    proposeAdvice:
      "Nothing changes yet: they come into force once another administrator has confirmed exactly these files with a passkey. A proposal expires after a week.",
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
    same: "The files are the same.",
    moreLines: (count: number) => `${count.toLocaleString("en")} more lines are not shown here.`,
    restore: "Put in force again",
    restoreTitle: (version: number) => `Put version ${version} in force again?`,
    restoreFailed: "That version cannot come into force any more",
  },
  proposals: {
    title: "Wait for another administrator",
    by: (name: string) => `Proposed by ${name}`,
    expires: "expires",
    states: {
      waiting: "Waiting",
      overtaken: "Overtaken",
      expired: "Expired",
      confirmed: "Confirmed",
      withdrawn: "Taken back",
    },
    confirm: "Confirm",
    confirmNamed: (name: string) => `Confirm the change proposed by ${name}`,
    withdraw: "Take back",
    withdrawTitle: "Take this proposal back?",
    withdrawBody: "Nothing changes. It can be proposed anew.",
    refuse: "Refuse",
    refuseTitle: "Refuse this proposal?",
    own: "You proposed this: somebody else confirms it.",
    signs: "Your passkey signs exactly these files.",
    overtaken: "Other policies came into force since. It has to be proposed anew.",
    failed: "Nothing was confirmed",
    altered: "What came to be signed is not what the broker showed. Load the page again.",
  },
} as const;
