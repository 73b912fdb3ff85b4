/**
 * Whether somebody has an account already under another spelling. Two accounts of one person undo
 * whatever asks for a second person, and bring back who was sent away: so who invites and who
 * agrees is told. Namesakes exist, so nothing is refused.
 */
interface Named {
  readonly name: string;
  readonly email: string;
}

/** Those of the people who may be the person that is being invited. */
export function alikePeople<Person extends Named>(
  people: readonly Person[],
  invited: Named,
): readonly Person[] {
  const [name, mailbox] = [plain(invited.name), mailboxOf(invited.email)];
  return people.filter(
    (each) =>
      (name !== "" && plain(each.name) === name) ||
      (mailbox !== "" && mailboxOf(each.email) === mailbox),
  );
}

/** Words in any order, without accents and case: "Bauer, Ánna" is "Anna Bauer". */
function plain(name: string): string {
  const bare = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return (bare.match(/[\p{L}\p{N}]+/gu) ?? []).sort().join(" ");
}

/** What most mail systems deliver to one box: `a.nna+second@x` is `anna@x`. */
function mailboxOf(email: string): string {
  const [local = "", domain = ""] = email.trim().toLowerCase().split("@");
  const box = (local.split("+")[0] ?? "").replaceAll(".", "");
  return box === "" || domain === "" ? "" : `${box}@${domain}`;
}
