/** What only this device may ask: the broker wants it signed (`broker/api/from-device.ts`). Pure. */
const SIGNED = [
  "POST /api/sessions",
  "POST /api/sessions/:id/panel",
  "POST /api/sessions/:id/resume",
  "POST /api/opcua-tickets",
  "POST /api/native/:id",
  "POST /api/devices/:id",
  "POST /api/me/passkeys",
  "DELETE /api/me/passkeys/:id",
  "POST /api/people",
  "PATCH /api/people/:id",
  "POST /api/people/:id/enrolment-link",
  "POST /api/people/:id/recovery",
  "POST /api/recoveries/:id/approval",
  "POST /api/grants",
  "POST /api/grants/:id/more-time",
  "POST /api/requests/:id/decision",
  "POST /api/credentials",
  "POST /api/credentials/removal",
  "POST /api/policies",
  "POST /api/policies/rollback",
  "POST /api/policy-proposals/:id/confirmation",
  "POST /api/plant-change",
  "POST /api/plant-plans/:id/application",
  "POST /api/signals/lifting",
  "POST /api/responses/:id",
  "POST /api/baseline",
  "POST /api/vendors",
  "POST /api/vendors/:id/enrolment-link",
  "POST /api/vendors/:id/sponsorship",
  "POST /api/break-glass",
].map((name) => new RegExp(`^${name.replaceAll(/:[a-z]+/g, "[^/]+")}$`));

/** @param path with or without a query */
export function isDeviceSigned(method: string, path: string): boolean {
  const [plain = ""] = path.split("?");
  return SIGNED.some((each) => each.test(`${method} ${plain}`));
}
