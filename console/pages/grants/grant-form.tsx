/** Makes a grant: who, where, by which profile, from when until when, and why. */
import {
  Button,
  Group,
  Modal,
  NativeSelect,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { PersonView } from "../../../broker/api/shapes/people.ts";
import type { PlantView } from "../../../broker/api/shapes/plant.ts";
import { api } from "../../components/api.ts";
import { ChoiceField } from "../../components/choice-field.tsx";
import { ClassBadges } from "../../components/class-badges.tsx";
import { grantsQuery, peopleQuery, plantQuery, queryClient } from "../../components/queries.ts";
import { ProblemNotice } from "../../components/states.tsx";
import { withFreshAssertion } from "../../components/step-up.ts";
import { fromLocalInput, toLocalInput } from "../../components/time-words.ts";
import { grantFormText as words } from "../../text/grants.ts";
import { GRANT_LENGTHS_MS, problemOfFrom, problemOfUntil } from "./grant-window.ts";

interface GrantFormProps {
  /** Chosen already; empty when not. */
  readonly endpoint: string;
  readonly onClose: () => void;
}

interface Values {
  readonly personId: string;
  readonly endpoint: string;
  readonly profile: string;
  readonly from: string;
  readonly until: string;
  readonly reason: string;
}

type GrantFormState = ReturnType<typeof useGrantForm>;

export function GrantForm({ endpoint, onClose }: GrantFormProps) {
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  const form = useGrantForm(endpoint);

  async function submit({ from, until, ...rest }: Values) {
    const [fromMs, untilMs] = [fromLocalInput(from), fromLocalInput(until)];
    if (fromMs === undefined || untilMs === undefined) return;
    setBusy(true);
    setThrown(undefined);
    try {
      await withFreshAssertion(() => api.makeGrant({ ...rest, fromMs, untilMs }));
      await queryClient.invalidateQueries({ queryKey: grantsQuery.queryKey });
      onClose();
    } catch (failure) {
      setThrown(failure);
      setBusy(false);
    }
  }

  return (
    <Modal opened onClose={onClose} title={words.title} size="lg">
      <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate>
        <Stack gap="sm">
          {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
          <Who form={form} />
          <What form={form} />
          <When form={form} />
          <Textarea
            label={words.reason}
            description={words.reasonAdvice}
            required
            autosize
            minRows={2}
            maxLength={words.reasonLengthMax}
            {...form.getInputProps("reason")}
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {words.cancel}
            </Button>
            <Button type="submit" loading={busy}>
              {words.submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function useGrantForm(endpoint: string) {
  return useForm<Values>({
    initialValues: {
      personId: "",
      endpoint,
      profile: "",
      from: toLocalInput(Date.now()),
      until: toLocalInput(Date.now() + GRANT_LENGTHS_MS.shift),
      reason: "",
    },
    validate: {
      personId: (id) => (id === "" ? words.personMissing : null),
      endpoint: (id) => (id === "" ? words.endpointMissing : null),
      profile: (id) => (id === "" ? words.profileMissing : null),
      from: (_, values) => problemOfFrom(values),
      until: (_, values) => problemOfUntil(values, Date.now()),
      reason: (reason) => (reason.trim() === "" ? words.reasonMissing : null),
    },
  });
}

interface PartProps {
  readonly form: GrantFormState;
}

function Who({ form }: PartProps) {
  const { data: people = [] } = useQuery(peopleQuery);
  const chosen = people.find((person) => person.id === form.values.personId);
  const choices = people
    .filter((person) => person.state !== "disabled")
    .sort((a, b) => a.name.localeCompare(b.name))
    .map((person) => ({ value: person.id, label: `${person.name} · ${person.email}` }));
  return (
    <div>
      <NativeSelect
        label={words.person}
        required
        data-autofocus
        data={[{ value: "", label: words.choose }, ...choices]}
        {...form.getInputProps("personId")}
      />
      {chosen && !opensSessions(chosen) && (
        <Text size="xs" mt={4} className="sp-attention-text">
          {words.cannotOpen(chosen.name)}
        </Text>
      )}
    </div>
  );
}

function opensSessions(person: PersonView): boolean {
  return person.roles.some((role) => ["engineer", "vendor", "workload"].includes(role));
}

function What({ form }: PartProps) {
  const { data: plant } = useQuery(plantQuery);
  const profile = plant?.profiles.find((each) => each.id === form.values.profile);
  const endpoints = useMemo(() => endpointChoices(plant), [plant]);
  const profiles = plant?.profiles.map(({ id }) => ({ value: id, label: id })) ?? [];
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <ChoiceField
          label={words.endpoint}
          required
          none={words.choose}
          choices={endpoints}
          {...form.getInputProps("endpoint")}
          value={form.values.endpoint}
        />
        <ChoiceField
          label={words.profile}
          required
          none={words.choose}
          choices={profiles}
          {...form.getInputProps("profile")}
          value={form.values.profile}
        />
      </SimpleGrid>
      {profile && (
        <Text component="div" size="sm" c="dimmed">
          {profile.description} <ClassBadges classes={profile.classes} />
        </Text>
      )}
    </>
  );
}

function endpointChoices(plant: PlantView | undefined) {
  return (
    plant?.assets.flatMap((asset) =>
      asset.endpoints.map(({ id, protocol }) => ({
        value: id,
        label: `${asset.name} · ${protocol}`,
      })),
    ) ?? []
  );
}

function When({ form }: PartProps) {
  function setLength(lengthMs: number) {
    const fromMs = fromLocalInput(form.values.from) ?? Date.now();
    form.setFieldValue("until", toLocalInput(fromMs + lengthMs));
  }
  return (
    <div>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <TextInput
          type="datetime-local"
          label={words.from}
          required
          {...form.getInputProps("from")}
        />
        <TextInput
          type="datetime-local"
          label={words.until}
          required
          {...form.getInputProps("until")}
        />
      </SimpleGrid>
      <Group gap="xs" mt={6} role="group" aria-label={words.quick}>
        {(["shift", "day", "week"] as const).map((name) => (
          <Button
            key={name}
            size="compact-xs"
            variant="default"
            onClick={() => setLength(GRANT_LENGTHS_MS[name])}
          >
            {words.lengths[name]}
          </Button>
        ))}
        <Text size="xs" c="dimmed">
          {words.zone}
        </Text>
      </Group>
    </div>
  );
}
