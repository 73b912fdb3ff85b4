import { expect, test } from "vitest";
import { allDrafts, bringBack, forgetDrafts, KeptDraft, onDrafts } from "./kept-draft.ts";

test("what was begun is kept until it is saved, given up, or its person signed out", () => {
  const draft = new KeptDraft<string>("plant file");
  expect(draft.kept).toBeUndefined();
  draft.keep("site: {");
  expect(draft.kept).toBe("site: {");
  draft.keep(undefined);
  expect(draft.kept).toBeUndefined();
  draft.keep("site: {}");
  forgetDrafts();
  expect(draft.kept).toBeUndefined();
});

test("drafts of an earlier page come back, beside what was begun since", () => {
  const [plant, policies] = [new KeptDraft<string>("plant"), new KeptDraft<string>("policies")];
  plant.keep("newer");
  bringBack({ plant: "older", policies: "permit (" });
  expect([plant.kept, policies.kept]).toEqual(["newer", "permit ("]);
  forgetDrafts();
  expect(allDrafts()).toEqual({});
});

test("whoever seals drafts hears of each change, and not of what changes nothing", () => {
  let heard = 0;
  onDrafts(() => {
    heard += 1;
  });
  const draft = new KeptDraft<string>("plant");
  draft.keep(undefined);
  expect(heard).toBe(0);
  draft.keep("site: {");
  draft.keep(undefined);
  expect(heard).toBe(2);
  onDrafts(() => undefined);
});
