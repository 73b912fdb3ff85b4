import { expect, test } from "vitest";
import { TestIdentity } from "../test/kit/identity.ts";
import { type KeptAssertion, verifiesOffline } from "../test/kit/offline-proof.ts";
import { mirrorActions } from "./action-mirror.ts";
import type { LogEvent } from "./evidence/log/leaf.ts";

/** A log that is written at once, or not at all. */
class Book {
  readonly leaves: LogEvent[] = [];
  works = true;

  note(event: LogEvent, kept: () => void = () => {}): void {
    if (!this.works) return;
    this.leaves.push(event);
    kept();
  }
}

async function sign(site: TestIdentity, who: Awaited<ReturnType<TestIdentity["firstPerson"]>>) {
  const { signedActions } = site.identity;
  site.clock.advance(1_000);
  const { text, options } = await signedActions.options(who.me, "request", { decision: "approve" });
  const response = who.authenticator.assert(options);
  return (await signedActions.prove(who.me, "request", { text, response })).action.id;
}

test("what was signed stands in the site log whole, and verifies from there alone", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const book = new Book();
  const stop = await mirrorActions(site.store, site.identity.signedActions, book);
  const id = await sign(site, ada);
  await stop();
  expect(book.leaves).toMatchObject([{ kind: "action.signed", purpose: "request", id }]);
  const [leaf] = book.leaves;
  expect(verifiesOffline(leaf as unknown as KeptAssertion)).toBe(true);
});

test("one that was kept and not logged is logged at the next start, and no other again", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const book = new Book();
  const stop = await mirrorActions(site.store, site.identity.signedActions, book);
  const first = await sign(site, ada);
  book.works = false;
  const second = await sign(site, ada);
  await stop();
  book.works = true;
  const again = await mirrorActions(site.store, site.identity.signedActions, book);
  await again();
  expect(book.leaves.map(({ id }) => id)).toEqual([first, second]);
});
