CREATE TABLE "schema_version" ("version" integer primary key, "name" text not null, "applied_ms" bigint not null);
CREATE TABLE "people" ("id" text primary key, "name" text not null, "email" text not null unique, "employer" text not null, "roles" text not null, "user_handle" text not null unique, "enrolled_ms" bigint, "disabled_ms" bigint, "last_sign_in_ms" bigint, "created_ms" bigint not null);
CREATE TABLE "passkeys" ("id" text primary key, "person_id" text not null references "people" ("id"), "label" text not null, "rp_id" text not null, "public_key" text not null, "algorithm" integer not null, "counter" bigint not null, "transports" text not null, "aaguid" text not null, "user_verified" integer not null, "backup_eligible" integer not null, "backed_up" integer not null, "created_ms" bigint not null, "last_used_ms" bigint);
CREATE TABLE "sign_ins" ("id" text primary key, "token_hash" text not null unique, "person_id" text not null references "people" ("id"), "passkey_id" text not null, "address" text not null, "user_agent" text not null, "created_ms" bigint not null, "last_seen_ms" bigint not null, "asserted_ms" bigint not null, "absolute_ends_ms" bigint not null);
CREATE TABLE "challenges" ("hash" text primary key, "purpose" text not null, "binding" text not null, "address" text not null, "expires_ms" bigint not null);
CREATE TABLE "enrolment_links" ("token_hash" text primary key, "person_id" text not null references "people" ("id"), "kind" text not null, "created_ms" bigint not null, "expires_ms" bigint not null);
CREATE TABLE "recoveries" ("id" text primary key, "person_id" text not null references "people" ("id"), "requested_by" text not null references "people" ("id"), "requested_ms" bigint not null, "expires_ms" bigint not null, "reason" text not null, "approved_by" text references "people" ("id"), "approved_ms" bigint);
CREATE TABLE "grants" ("id" text primary key, "person_id" text not null references "people" ("id"), "endpoint" text not null, "profile" text not null, "from_ms" bigint not null, "until_ms" bigint not null, "reason" text not null, "created_by" text not null references "people" ("id"), "created_ms" bigint not null, "revoked_ms" bigint, "revoked_by" text references "people" ("id"), "request_id" text, "weekly" text, "sessions_max" integer, "needs" text);
CREATE TABLE "site_events" ("id" text primary key, "at_ms" bigint not null, "kind" text not null, "priority" text not null, "text" text not null, "subject" text, "session" text, "about" text);
CREATE TABLE "settings" ("name" text primary key, "value" text not null);
CREATE TABLE "signed_actions" ("id" text primary key, "purpose" text not null, "text" text not null, "person_id" text not null references "people" ("id"), "passkey_id" text not null, "rp_id" text not null, "public_key" text not null, "algorithm" integer not null, "client_data" text not null, "authenticator_data" text not null, "signature" text not null, "at_ms" bigint not null);
CREATE TABLE "requests" ("id" text primary key, "person_id" text not null references "people" ("id"), "requested_by" text not null references "people" ("id"), "endpoints" text not null, "profile" text not null, "from_ms" bigint, "until_ms" bigint, "duration_ms" bigint, "weekly" text, "sessions_max" integer, "grant_id" text, "reason" text not null, "ticket" text not null, "created_ms" bigint not null, "expires_ms" bigint not null, "state" text not null, "state_ms" bigint not null);
CREATE TABLE "request_decisions" ("id" text primary key, "request_id" text not null references "requests" ("id"), "person_id" text not null references "people" ("id"), "decision" text not null, "reason" text not null, "at_ms" bigint not null, "action_id" text not null references "signed_actions" ("id"), "needs" text, constraint "one_decision_each" unique ("request_id", "person_id"));
CREATE TABLE "sponsors" ("vendor_id" text primary key references "people" ("id"), "sponsor_id" text not null references "people" ("id"), "reason" text not null, "created_ms" bigint not null);
CREATE TABLE "locks" ("id" text primary key, "kind" text not null, "target" text not null, "target_name" text not null, "reason" text not null, "locked_by" text not null references "people" ("id"), "locked_ms" bigint not null, "lift_by" text references "people" ("id"), "lift_ms" bigint, "lift_action_id" text references "signed_actions" ("id"), "lifted_by" text references "people" ("id"), "lifted_ms" bigint, "lifted_action_id" text references "signed_actions" ("id"));
CREATE TABLE "grant_uses" ("grant_id" text primary key, "first_ms" bigint not null, "last_ms" bigint, "last_by" text);
CREATE TABLE "break_glass_uses" ("id" text primary key references "grants" ("id"), "opened_by" text not null references "people" ("id"), "holder_id" text not null references "people" ("id"), "opened_ms" bigint not null, "action_id" text not null references "signed_actions" ("id"), "reviewed_by" text references "people" ("id"), "reviewed_ms" bigint, "verdict" text, "comment" text, "review_action_id" text references "signed_actions" ("id"));
CREATE TABLE "integration_feed" ("position" integer primary key autoincrement, "event_id" text references "site_events" ("id"), "subject" text, "body" text);
CREATE TABLE "integration_cursors" ("name" text primary key, "position" bigint not null, "served" text not null, "dropped" bigint not null, "dropped_from_ms" bigint, "dropped_until_ms" bigint, "succeeded_ms" bigint);
CREATE TABLE "integration_dead_letters" ("id" text primary key, "integration" text not null, "event_id" text not null, "kind" text not null, "receiver" text not null, "reason" text not null, "at_ms" bigint not null);
CREATE TABLE "alarms" ("id" text primary key, "kind" text not null, "source" text not null, "text" text not null, "subject" text, "session" text, "since_ms" bigint not null, "last_ms" bigint not null, "count" integer not null, "returned_ms" bigint, "acknowledged_by" text, "acknowledged_name" text, "acknowledged_ms" bigint, "acknowledged_reason" text, "shelved_by" text, "shelved_name" text, "shelved_ms" bigint, "shelved_reason" text, "shelved_until_ms" bigint, "ended_ms" bigint);
CREATE TABLE "credentials" ("endpoint" text primary key, "kind" text not null, "user_name" text not null, "sealed" text not null, "set_by" text not null, "set_ms" bigint not null);
CREATE TABLE "recording_comments" ("id" text primary key, "recording" text not null, "sequence" bigint not null, "wall_ms" bigint not null, "text" text not null, "person_id" text not null references "people" ("id"), "at_ms" bigint not null, "withdrawn_ms" bigint, "withdrawn_why" text);
CREATE TABLE "recording_shares" ("id" text primary key, "token_hash" text not null unique, "recording" text not null, "from_ms" bigint, "until_ms" bigint, "recipient" text not null, "reason" text not null, "made_by" text not null references "people" ("id"), "made_ms" bigint not null, "ends_ms" bigint not null, "revoked_ms" bigint, "revoked_by" text references "people" ("id"));
CREATE TABLE "recording_views" ("id" text primary key, "recording" text not null, "how" text not null, "person_id" text references "people" ("id"), "share_id" text references "recording_shares" ("id"), "address" text not null, "from_ms" bigint not null, "until_ms" bigint not null, "seen_from_ms" bigint, "seen_until_ms" bigint);
CREATE TABLE "change_proposals" ("id" text primary key, "kind" text not null, "files" text not null, "digest" text not null, "based_on" text not null, "reason" text not null, "proposed_by" text not null references "people" ("id"), "proposed_ms" bigint not null, "expires_ms" bigint not null, "state" text not null, "state_ms" bigint not null, "decided_by" text references "people" ("id"), "action_id" text references "signed_actions" ("id"));
CREATE TABLE "log_outbox" ("position" integer primary key autoincrement, "kind" text not null, "id" text not null, constraint "log_outbox_once" unique ("kind", "id"));
insert into "schema_version" values (1, 'people and how they sign in', 1795339672252);
insert into "schema_version" values (2, 'grants, events, settings', 1795339672255);
insert into "schema_version" values (3, 'requests, decisions, sponsors', 1795339672263);
insert into "schema_version" values (4, 'lockdown', 1795339672265);
insert into "schema_version" values (5, 'last use of grants', 1795339672266);
insert into "schema_version" values (6, 'break-glass', 1795339672267);
insert into "schema_version" values (7, 'integrations', 1795339672268);
insert into "schema_version" values (8, 'alarms', 1795339672269);
insert into "schema_version" values (9, 'credentials of assets', 1795339672270);
insert into "schema_version" values (10, 'comments on recordings, who looked, links', 1795339672272);
insert into "schema_version" values (11, 'changes that wait for another administrator', 1795339672274);
insert into "schema_version" values (12, 'what approvers ask of sessions', 1795339672281);
insert into "schema_version" values (13, 'what the site log has yet to hold', 1795339672295);
insert into "people" values ('jcp7pydj7eaz0jj3cqa9', 'First administrator', 'administrator@localhost', '', 'administrator engineer', 'Pltp90q7QeH_nJUk7N5RRod5J65GYpWIGqJON92ht5U', 1795339677792, NULL, 1795339677792, 1795339677387);
insert into "people" values ('zbnnjacrestgp56j5vfq', 'Sam', 'sam@plant.example', 'Plant', 'supervisor', 'Vn1jFB613kocuU7Uv-Y--Ed0s6KHzW3NEcqTeSV8fwk', 1795339679125, NULL, 1795339679127, 1795339678973);
insert into "passkeys" values ('_TojRL7zXIE7dlWKRifU3IicbtmuJ94h-Pmanz4pnFM', 'jcp7pydj7eaz0jj3cqa9', 'test', 'localhost', 'pQECAyYgASFYIPbkHgM76I-5zXnOPJDCszuucvt0qChh0CyNUCcwtZOOIlggQrsZ_AGcqQ-rnQIbl8lgT2ZKFzozAvhVSpyKLDTgWvM', -7, 0, 'usb', '00000000-0000-0000-0000-000000000000', 1, 0, 0, 1795339677790, NULL);
insert into "passkeys" values ('1WewJ_WCVRteYammRBfECc4BJDfY9WQFu4PTAOtK_80', 'zbnnjacrestgp56j5vfq', 'test', 'localhost', 'pQECAyYgASFYIN1ti-uGRNMs1yAJpab55OIGk7s7JE74T_z9X-s5Ro5XIlggF3HwFImO8DuIKdvQMDHKWvQsVvbwETDGGKj7JSvNVKI', -7, 0, 'usb', '00000000-0000-0000-0000-000000000000', 1, 0, 0, 1795339679113, NULL);
insert into "sign_ins" values ('jd44hne6p2pn9zn5ms5t', 'an3MPgIwzw6MOUugMMSgD2WAeHMic0oOq_lwv53MnWY', 'jcp7pydj7eaz0jj3cqa9', '_TojRL7zXIE7dlWKRifU3IicbtmuJ94h-Pmanz4pnFM', '127.0.0.1', '', 1795339677792, 1795339678972, 1795339677792, 1795382877792);
insert into "sign_ins" values ('91zvydak537hcarw82r6', 'KMBKO7Fk2Kg9RsmcTA_3rI2MLCnweSbueGPt7mnim3c', 'zbnnjacrestgp56j5vfq', '1WewJ_WCVRteYammRBfECc4BJDfY9WQFu4PTAOtK_80', '127.0.0.1', '', 1795339679127, 1795339679127, 1795339679127, 1795382879127);
insert into "site_events" values ('01m819as0e0000scfn2hkefwk9r7mctwz3', 1795339674638, 'policy:changed', 'event', 'The policies that Sallyport comes with are in force', NULL, NULL, NULL);
insert into "site_events" values ('01m819avaf0000jtg7rdx2e7xkf5bahzx3', 1795339677007, 'session:opened', 'event', 'broker opened a session on Treatment PLC/modbus (profile key-switch, grant key-switch remote-access)', 'broker', '4ncs70ea1xjmen33kaht', '{"asset":"plc-treatment","assetName":"Treatment PLC","endpoint":"plc-treatment/modbus","grant":"key-switch remote-access","profile":"key-switch","host":"127.0.0.1","port":"42039","protocol":"modbus"}');
insert into "site_events" values ('01m819avg00000dgcmabfve9p1qspy1b53', 1795339677184, 'key-switch:on', 'event', 'The key switch Remote access, control room is on: remote access is open', NULL, NULL, NULL);
insert into "site_events" values ('01m819avpb00004gg0qpdy59t8k7vfpn61', 1795339677387, 'enrolment:first-start', 'event', 'A one-time link for the first person was printed at the start of the broker', 'jcp7pydj7eaz0jj3cqa9', NULL, NULL);
insert into "site_events" values ('01m819aw3100006zm8va89xn239798vgf9', 1795339677793, 'passkey:enrolled', 'event', 'First administrator enrolled the passkey test by a link (first-start) from 127.0.0.1', 'jcp7pydj7eaz0jj3cqa9', NULL, NULL);
insert into "site_events" values ('01m819ax2a0000qvf4q5c5ksq1k69a157k', 1795339678794, 'session:opened', 'event', 'First administrator opened a session on Treatment PLC/modbus (profile pump-tuning, grant engineers-tune-treatment)', 'jcp7pydj7eaz0jj3cqa9', 'a7hfdg50y61tzy1qx77x', '{"asset":"plc-treatment","assetName":"Treatment PLC","endpoint":"plc-treatment/modbus","grant":"engineers-tune-treatment","profile":"pump-tuning","host":"127.0.0.1","port":"42039","protocol":"modbus"}');
insert into "site_events" values ('01m819ax7r00001aty6cqr1w0wnfdkmq1c', 1795339678968, 'session:ended', 'event', 'The session of First administrator on Treatment PLC ended (owner-ended): done (nothing passed after 0.1 ms)', 'jcp7pydj7eaz0jj3cqa9', 'a7hfdg50y61tzy1qx77x', '{"asset":"plc-treatment","assetName":"Treatment PLC","endpoint":"plc-treatment/modbus","grant":"engineers-tune-treatment","profile":"pump-tuning","host":"127.0.0.1","port":"42039","protocol":"modbus"}');
insert into "site_events" values ('01m819ax8200007spxkx650ezhymyybkan', 1795339678978, 'person:invited', 'event', 'First administrator invited Sam (sam@plant.example, Plant) as supervisor', 'zbnnjacrestgp56j5vfq', NULL, NULL);
insert into "site_events" values ('01m819axde0000sd3ww2fz2av5jcnk3j5y', 1795339679150, 'passkey:enrolled', 'event', 'Sam enrolled the passkey test by a link (invitation) from 127.0.0.1', 'zbnnjacrestgp56j5vfq', NULL, NULL);
insert into "site_events" values ('01m819az100000qj295rzt500naq2n147t', 1795339680800, 'session:ended', 'event', 'The session of broker on Treatment PLC ended (shutdown): the broker was stopped (nothing passed after 0.2 ms)', 'broker', '4ncs70ea1xjmen33kaht', '{"asset":"plc-treatment","assetName":"Treatment PLC","endpoint":"plc-treatment/modbus","grant":"key-switch remote-access","profile":"key-switch","host":"127.0.0.1","port":"42039","protocol":"modbus"}');
insert into "settings" values ('site-log-checkpoint', 'localhost/nordwasser/log/1
17
v8ghWPOMJp12MkAmAllIuTRw9Ka4/2JR4ExkkRO5R54=

— localhost/nordwasser/log/1 6tp030p6IZEi3NT1atOSBkd29cKLcfnhBI8OnYFnX97REm5gEQtidU7lDvE1Xi0YDDucZSjqGgdVQ2uA4WIes5sKQAo=
');
insert into "grant_uses" values ('engineers-tune-treatment', 1795339676940, 1795339678795, 'First administrator');
insert into "grant_uses" values ('engineers-two-person-dosing', 1795339676940, NULL, NULL);
insert into "grant_uses" values ('engineers-read-treatment', 1795339676940, NULL, NULL);
insert into "grant_uses" values ('engineers-read-distribution', 1795339676940, NULL, NULL);
insert into "grant_uses" values ('engineers-maintain-switch', 1795339676940, NULL, NULL);
insert into "grant_uses" values ('engineers-look-at-switch', 1795339676940, NULL, NULL);
insert into "integration_feed" values (1, '01m819as0e0000scfn2hkefwk9r7mctwz3', NULL, NULL);
insert into "integration_feed" values (2, '01m819avaf0000jtg7rdx2e7xkf5bahzx3', NULL, NULL);
insert into "integration_feed" values (3, '01m819avg00000dgcmabfve9p1qspy1b53', NULL, NULL);
insert into "integration_feed" values (4, '01m819avpb00004gg0qpdy59t8k7vfpn61', NULL, NULL);
insert into "integration_feed" values (5, '01m819aw3100006zm8va89xn239798vgf9', NULL, NULL);
insert into "integration_feed" values (6, '01m819ax2a0000qvf4q5c5ksq1k69a157k', NULL, NULL);
insert into "integration_feed" values (7, '01m819ax7r00001aty6cqr1w0wnfdkmq1c', NULL, NULL);
insert into "integration_feed" values (8, '01m819ax8200007spxkx650ezhymyybkan', NULL, NULL);
insert into "integration_feed" values (9, '01m819axde0000sd3ww2fz2av5jcnk3j5y', NULL, NULL);
insert into "integration_feed" values (10, '01m819az100000qj295rzt500naq2n147t', NULL, NULL);
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
CREATE INDEX "break_glass_uses_by_opened_ms" on "break_glass_uses" ("opened_ms");
CREATE TRIGGER site_events_into_feed after insert on site_events
    begin
      insert into integration_feed (event_id) values (new.id);
    end;
CREATE INDEX "integration_dead_letters_by_integration" on "integration_dead_letters" ("integration");
CREATE INDEX "alarms_by_ended_ms" on "alarms" ("ended_ms");
CREATE INDEX "recording_comments_by_recording" on "recording_comments" ("recording");
CREATE INDEX "recording_shares_by_recording" on "recording_shares" ("recording");
CREATE INDEX "recording_views_by_recording" on "recording_views" ("recording");
CREATE INDEX "recording_views_by_share_id" on "recording_views" ("share_id");
CREATE INDEX "change_proposals_by_proposed_ms" on "change_proposals" ("proposed_ms");
CREATE TRIGGER site_events_into_log_outbox after insert on site_events
    begin
      insert into log_outbox (kind, id) values ('event', new.id);
    end;
CREATE TRIGGER signed_actions_into_log_outbox after insert on signed_actions
    begin
      insert into log_outbox (kind, id) values ('action', new.id);
    end;
