CREATE TABLE "schema_version" ("version" integer primary key, "name" text not null, "applied_ms" bigint not null);
CREATE TABLE "people" ("id" text primary key, "name" text not null, "email" text not null unique, "employer" text not null, "roles" text not null, "user_handle" text not null unique, "enrolled_ms" bigint, "disabled_ms" bigint, "last_sign_in_ms" bigint, "created_ms" bigint not null);
CREATE TABLE "passkeys" ("id" text primary key, "person_id" text not null references "people" ("id"), "label" text not null, "rp_id" text not null, "public_key" text not null, "algorithm" integer not null, "counter" bigint not null, "transports" text not null, "aaguid" text not null, "user_verified" integer not null, "backup_eligible" integer not null, "backed_up" integer not null, "created_ms" bigint not null, "last_used_ms" bigint);
CREATE TABLE "sign_ins" ("id" text primary key, "token_hash" text not null unique, "person_id" text not null references "people" ("id"), "passkey_id" text not null, "address" text not null, "user_agent" text not null, "created_ms" bigint not null, "last_seen_ms" bigint not null, "asserted_ms" bigint not null, "absolute_ends_ms" bigint not null);
CREATE TABLE "challenges" ("hash" text primary key, "purpose" text not null, "binding" text not null, "address" text not null, "expires_ms" bigint not null);
CREATE TABLE "enrolment_links" ("token_hash" text primary key, "person_id" text not null references "people" ("id"), "kind" text not null, "created_ms" bigint not null, "expires_ms" bigint not null);
CREATE TABLE "recoveries" ("id" text primary key, "person_id" text not null references "people" ("id"), "requested_by" text not null references "people" ("id"), "requested_ms" bigint not null, "expires_ms" bigint not null, "reason" text not null, "approved_by" text references "people" ("id"), "approved_ms" bigint);
CREATE TABLE "grants" ("id" text primary key, "person_id" text not null references "people" ("id"), "endpoint" text not null, "profile" text not null, "from_ms" bigint not null, "until_ms" bigint not null, "reason" text not null, "created_by" text not null references "people" ("id"), "created_ms" bigint not null, "revoked_ms" bigint, "revoked_by" text references "people" ("id"), "request_id" text, "weekly" text, "sessions_max" integer);
CREATE TABLE "site_events" ("id" text primary key, "at_ms" bigint not null, "kind" text not null, "priority" text not null, "text" text not null, "subject" text, "session" text);
CREATE TABLE "settings" ("name" text primary key, "value" text not null);
CREATE TABLE "signed_actions" ("id" text primary key, "purpose" text not null, "text" text not null, "person_id" text not null references "people" ("id"), "passkey_id" text not null, "rp_id" text not null, "public_key" text not null, "algorithm" integer not null, "client_data" text not null, "authenticator_data" text not null, "signature" text not null, "at_ms" bigint not null);
CREATE TABLE "requests" ("id" text primary key, "person_id" text not null references "people" ("id"), "requested_by" text not null references "people" ("id"), "endpoints" text not null, "profile" text not null, "from_ms" bigint, "until_ms" bigint, "duration_ms" bigint, "weekly" text, "sessions_max" integer, "grant_id" text, "reason" text not null, "ticket" text not null, "created_ms" bigint not null, "expires_ms" bigint not null, "state" text not null, "state_ms" bigint not null);
CREATE TABLE "request_decisions" ("id" text primary key, "request_id" text not null references "requests" ("id"), "person_id" text not null references "people" ("id"), "decision" text not null, "reason" text not null, "at_ms" bigint not null, "action_id" text not null references "signed_actions" ("id"), constraint "one_decision_each" unique ("request_id", "person_id"));
CREATE TABLE "sponsors" ("vendor_id" text primary key references "people" ("id"), "sponsor_id" text not null references "people" ("id"), "reason" text not null, "created_ms" bigint not null);
CREATE TABLE "locks" ("id" text primary key, "kind" text not null, "target" text not null, "target_name" text not null, "reason" text not null, "locked_by" text not null references "people" ("id"), "locked_ms" bigint not null, "lift_by" text references "people" ("id"), "lift_ms" bigint, "lift_action_id" text references "signed_actions" ("id"), "lifted_by" text references "people" ("id"), "lifted_ms" bigint, "lifted_action_id" text references "signed_actions" ("id"));
CREATE TABLE "grant_uses" ("grant_id" text primary key, "first_ms" bigint not null, "last_ms" bigint, "last_by" text);
insert into "schema_version" values (1, 'people and how they sign in', 1795339620413);
insert into "schema_version" values (2, 'grants, events, settings', 1795339620417);
insert into "schema_version" values (3, 'requests, decisions, sponsors', 1795339620420);
insert into "schema_version" values (4, 'lockdown', 1795339620426);
insert into "schema_version" values (5, 'last use of grants', 1795339620427);
insert into "people" values ('h3rk4z71m8x2x2jt9p9m', 'First administrator', 'administrator@localhost', '', 'administrator engineer', 'NCEpJbhXppb3PqkETtmga9bWxWDv8QWV8Bgg7w3C4lU', 1795339624319, NULL, 1795339624322, 1795339624265);
insert into "people" values ('nw2qtbq9s17jfbnd6dra', 'Sam', 'sam@plant.example', 'Plant', 'supervisor', 'UwoMUxmec77IaNyFQWq2ow-PU19DbZ2QeJbwAppN618', 1795339624905, NULL, 1795339624905, 1795339624845);
insert into "passkeys" values ('NPPLLeEX3BSRS1AmTrGf1mN6AyVn3X2qCeokaHOlEyo', 'h3rk4z71m8x2x2jt9p9m', 'test', 'localhost', 'pQECAyYgASFYIM_fAx-tS9rAuQH-PRNi6hzixIoGWRjeULSxwMuI2SmlIlggk-u3mJ9kohIDC94bpUrP8q4aCdAwhaXTewo3HKZL88E', -7, 0, 'usb', '00000000-0000-0000-0000-000000000000', 1, 0, 0, 1795339624310, NULL);
insert into "passkeys" values ('vpq0sqTt2HYZy08vbOTOBDFYwsMzwJE8bY2g430pzUs', 'nw2qtbq9s17jfbnd6dra', 'test', 'localhost', 'pQECAyYgASFYIC37UaEsHdTm_6iiu7Fi6NCqlGzKEaNx0ZsMt_ve-dNVIlgg_JFKIDGTFNGs9CUDmXs1pqV7LD9EQBQ3uZx-Sdec_vk', -7, 0, 'usb', '00000000-0000-0000-0000-000000000000', 1, 0, 0, 1795339624905, NULL);
insert into "sign_ins" values ('n654ym4hctd3kqkasy5q', 'JT6XINV0ccTGauimIkvR1SWIhJnRCsCdYm9xF9cb8TA', 'h3rk4z71m8x2x2jt9p9m', 'NPPLLeEX3BSRS1AmTrGf1mN6AyVn3X2qCeokaHOlEyo', '127.0.0.1', '', 1795339624322, 1795339624844, 1795339624322, 1795382824322);
insert into "sign_ins" values ('t7p29e5x6edd3sgm7re0', 'cJNoaEhmIhBiKH8hOkzn7OROItbBVVKShXzZa-a1c40', 'nw2qtbq9s17jfbnd6dra', 'vpq0sqTt2HYZy08vbOTOBDFYwsMzwJE8bY2g430pzUs', '127.0.0.1', '', 1795339624905, 1795339624905, 1795339624905, 1795382824905);
insert into "site_events" values ('01m819965j0000vfxfwsfsfn6c3v1zm15v', 1795339622578, 'policy:changed', 'event', 'The policies that Sallyport comes with are in force', NULL, NULL);
insert into "site_events" values ('01m81997tb0000sypq18sax7qnthne1mk4', 1795339624267, 'enrolment:first-start', 'event', 'A one-time link for the first person was printed at the start of the broker', 'h3rk4z71m8x2x2jt9p9m', NULL);
insert into "site_events" values ('01m81997w600003z097ehkyt10fjkt5cda', 1795339624326, 'passkey:enrolled', 'event', 'First administrator enrolled the passkey test by a link (first-start) from 127.0.0.1', 'h3rk4z71m8x2x2jt9p9m', NULL);
insert into "site_events" values ('01m819987a0000bpktf5awms1xwr1jz295', 1795339624682, 'session:opened', 'event', 'First administrator opened a session on Treatment PLC/modbus (profile pump-tuning, grant engineers-tune-treatment)', 'h3rk4z71m8x2x2jt9p9m', 'm6fwy45seqmj40ah68eh');
insert into "site_events" values ('01m81998b20000a87sncvn2njc8v5tr2q9', 1795339624802, 'session:ended', 'event', 'The session of First administrator on Treatment PLC ended (owner-ended): done (nothing passed after 0.1 ms)', 'h3rk4z71m8x2x2jt9p9m', 'm6fwy45seqmj40ah68eh');
insert into "site_events" values ('01m81998d80000p6rfw75m70vz9j482yjz', 1795339624872, 'person:invited', 'event', 'First administrator invited Sam (sam@plant.example, Plant) as supervisor', 'nw2qtbq9s17jfbnd6dra', NULL);
insert into "site_events" values ('01m81998ea00009858a5d779k1kp2725ax', 1795339624906, 'passkey:enrolled', 'event', 'Sam enrolled the passkey test by a link (invitation) from 127.0.0.1', 'nw2qtbq9s17jfbnd6dra', NULL);
insert into "settings" values ('site-log-checkpoint', 'localhost/nordwasser/log/1
12
9q8IQhBulrTco86LfZozXrz4WUYYZQk3ejIjAh7m/ws=

— localhost/nordwasser/log/1 amLED4m/aIOOUEGYFTjI7W4g/jTlaO8XJhpf6KTAIXP4VOczWq9r0AOVTzdoHx5WiCiBWCREExPpIUJVB6+cK5MGJwM=
');
insert into "settings" values ('site-log-event', '01m81998ea00009858a5d779k1kp2725ax');
insert into "grant_uses" values ('engineers-tune-treatment', 1795339623620, 1795339624682, 'First administrator');
insert into "grant_uses" values ('engineers-two-person-dosing', 1795339623620, NULL, NULL);
insert into "grant_uses" values ('engineers-read-treatment', 1795339623620, NULL, NULL);
insert into "grant_uses" values ('engineers-read-distribution', 1795339623620, NULL, NULL);
CREATE INDEX "passkeys_by_person_id" on "passkeys" ("person_id");
CREATE INDEX "sign_ins_by_person_id" on "sign_ins" ("person_id");
CREATE INDEX "challenges_by_address" on "challenges" ("address");
CREATE INDEX "challenges_by_expires_ms" on "challenges" ("expires_ms");
CREATE INDEX "enrolment_links_by_person_id" on "enrolment_links" ("person_id");
CREATE INDEX "recoveries_by_expires_ms" on "recoveries" ("expires_ms");
CREATE INDEX "grants_by_person_id" on "grants" ("person_id");
CREATE INDEX "requests_by_person_id" on "requests" ("person_id");
CREATE INDEX "requests_by_state" on "requests" ("state");
CREATE INDEX "locks_by_lifted_ms" on "locks" ("lifted_ms");
