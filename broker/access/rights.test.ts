import { expect, test } from "vitest";
import { ROLES } from "../store/model.ts";
import { classesOfRoles, hasRight, rightsOf } from "./rights.ts";

test("auditors, administrators and supervisors open nothing and hold nothing", () => {
  for (const role of ["auditor", "administrator", "supervisor"] as const) {
    expect(hasRight([role], "session:open")).toBe(false);
    expect(classesOfRoles([role]).size).toBe(0);
  }
});

test("only auditors see all recordings, only administrators manage", () => {
  for (const role of ROLES) {
    expect(hasRight([role], "recording:all")).toBe(role === "auditor");
    expect(hasRight([role], "people:manage")).toBe(role === "administrator");
    expect(hasRight([role], "grant:manage")).toBe(role === "administrator");
  }
});

test("roles add up, and nobody without a role has a right", () => {
  expect(rightsOf(["administrator", "engineer"]).has("session:open")).toBe(true);
  expect(rightsOf(["administrator", "engineer"]).has("people:manage")).toBe(true);
  expect(rightsOf([]).size).toBe(0);
});
