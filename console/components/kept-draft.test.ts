import { expect, test } from "vitest";
import { forgetDrafts, KeptDraft } from "./kept-draft.ts";

test("what was begun is kept until it is saved, given up, or its person signed out", () => {
  const draft = new KeptDraft<string>();
  expect(draft.kept).toBeUndefined();
  draft.keep("site: {");
  expect(draft.kept).toBe("site: {");
  draft.keep(undefined);
  expect(draft.kept).toBeUndefined();
  draft.keep("site: {}");
  forgetDrafts();
  expect(draft.kept).toBeUndefined();
});
