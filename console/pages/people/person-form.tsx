/** Invites a person, or changes one who is there. */
import { Button, Checkbox, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { EnrolmentLinkView, PersonView, RoleName } from "../../../broker/api/shapes/people.ts";
import { alikePeople } from "../../../protocols/text/alike-people.ts";
import { api } from "../../components/api.ts";
import { InlineNotice } from "../../components/inline-notice.tsx";
import { peopleQuery, queryClient } from "../../components/queries.ts";
import { ProblemNotice } from "../../components/states.tsx";
import { withFreshAssertion } from "../../components/step-up.ts";
import { peopleText, personFormText as words } from "../../text/people.ts";
import { text } from "../../text.ts";

const ROLES: readonly RoleName[] = ["administrator", "engineer", "supervisor", "vendor", "auditor"];
const OPENING: readonly string[] = ["engineer", "vendor"];
/** Only a hint for the eye; whether mail arrives is shown by the person's enrolment. */
const EMAIL = /^\S+@\S+\.\S+$/;

interface PersonFormProps {
  /** Absent when inviting. */
  readonly person?: PersonView;
  readonly onClose: () => void;
  readonly onInvited?: (person: PersonView, link: EnrolmentLinkView) => void;
}

interface Values {
  readonly name: string;
  readonly email: string;
  readonly employer: string;
  readonly roles: RoleName[];
}

export function PersonForm({ person, onClose, onInvited }: PersonFormProps) {
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  const form = usePersonForm(person);

  async function submit({ name, email, employer, roles }: Values) {
    setBusy(true);
    setThrown(undefined);
    try {
      if (person === undefined) {
        const made = await withFreshAssertion(() => api.invite({ name, email, employer, roles }));
        onInvited?.(made.person, made.link);
      } else {
        const changed = employer === "" ? { name, roles } : { name, employer, roles };
        await withFreshAssertion(() => api.changePerson(person.id, changed));
      }
      await queryClient.invalidateQueries({ queryKey: peopleQuery.queryKey });
      onClose();
    } catch (failure) {
      setThrown(failure);
      setBusy(false);
    }
  }

  const title = person === undefined ? words.inviteTitle : words.editTitle(person.name);
  return (
    <Modal opened onClose={onClose} title={title} size="lg">
      <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate>
        <Stack gap="sm">
          {person === undefined && <Text size="sm">{words.inviteLead}</Text>}
          {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
          <TextInput
            label={words.name}
            required
            maxLength={words.lengthMax}
            data-autofocus
            {...form.getInputProps("name")}
          />
          {person === undefined && (
            <TextInput
              label={words.email}
              required
              type="email"
              maxLength={words.emailLengthMax}
              {...form.getInputProps("email")}
            />
          )}
          {person === undefined && <Alike {...form.values} />}
          <TextInput
            label={words.employer}
            required={!mayLackEmployer(person)}
            maxLength={words.lengthMax}
            {...form.getInputProps("employer")}
          />
          <Roles {...form.getInputProps("roles")} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {words.cancel}
            </Button>
            <Button type="submit" loading={busy}>
              {person === undefined ? words.invite : words.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** Before the link exists: afterwards it may have been opened. */
function Alike({ name, email }: Pick<Values, "name" | "email">) {
  const { data } = useQuery(peopleQuery);
  const alike = alikePeople(data ?? [], { name, email });
  return (
    <InlineNotice>
      {alike.length > 0 && words.alike(alike.map((each) => `${each.name} (${each.email})`))}
    </InlineNotice>
  );
}

function usePersonForm(person: PersonView | undefined) {
  return useForm<Values>({
    initialValues: {
      name: person?.name ?? "",
      email: person?.email ?? "",
      employer: person?.employer ?? "",
      roles: [...(person?.roles ?? [])],
    },
    validate: {
      name: (name) => (name.trim() === "" ? words.nameMissing : null),
      email: (email) => (EMAIL.test(email.trim()) ? null : words.emailWrong),
      employer: (employer) =>
        employer.trim() === "" && !mayLackEmployer(person) ? words.employerMissing : null,
      roles: problemOfRoles,
    },
    transformValues: ({ name, email, employer, roles }) => ({
      name: name.trim(),
      email: email.trim(),
      employer: employer.trim(),
      roles,
    }),
  });
}

/** The first administrator enrolled before anybody could say for whom they work. */
function mayLackEmployer(person: PersonView | undefined): boolean {
  return person?.employer === "";
}

function problemOfRoles(roles: readonly RoleName[]): string | null {
  if (roles.length === 0) return words.rolesMissing;
  const opens = roles.some((role) => OPENING.includes(role));
  return roles.includes("auditor") && opens ? words.auditorAlone : null;
}

interface RolesProps {
  readonly value?: string[];
  readonly onChange?: (value: string[]) => void;
  readonly error?: string;
}

function Roles(props: RolesProps) {
  return (
    <Checkbox.Group label={words.roles} required {...props}>
      <Stack gap={8} mt={6} mb={8}>
        {ROLES.map((role) => (
          <Checkbox
            key={role}
            value={role}
            size="sm"
            label={text.roles[role]}
            description={peopleText.roleMeaning[role]}
          />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}
