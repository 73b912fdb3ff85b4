/** Asks for a time: where, what to do there, when, and why. */
import {
  Button,
  Group,
  Modal,
  NativeSelect,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { WeeklyWindowView } from "../../../broker/api/shapes/requests.ts";
import type { NewRequest } from "../../components/api.ts";
import { ClassBadges } from "../../components/class-badges.tsx";
import { queryClient, requestChoicesQuery, requestsQuery } from "../../components/queries.ts";
import { ProblemNotice } from "../../components/states.tsx";
import { toLocalInput } from "../../components/time-words.ts";
import { accessText, requestFormText as words } from "../../text/access.ts";
import { type Fields, problemOfEnd, problemOfWeek, wantedFrom } from "./wanted.ts";

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;

interface RequestFormProps {
  readonly title: string;
  /** Chosen already; empty when not. */
  readonly endpoint: string;
  /** Who it is for, where that is not oneself. */
  readonly children?: ReactNode;
  /** False while something above is missing; says so there. */
  readonly check?: () => boolean;
  readonly send: (wanted: NewRequest) => Promise<unknown>;
  readonly onClose: () => void;
}

type Form = ReturnType<typeof useRequestForm>;

export function RequestForm(props: RequestFormProps) {
  const { title, endpoint, children, check, send, onClose } = props;
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  const form = useRequestForm(endpoint);

  async function submit(fields: Fields) {
    if (check?.() === false) return;
    setBusy(true);
    setThrown(undefined);
    try {
      await send(wantedFrom(fields));
      await queryClient.invalidateQueries({ queryKey: requestsQuery.queryKey });
      onClose();
    } catch (failure) {
      setThrown(failure);
      setBusy(false);
    }
  }

  return (
    <Modal opened onClose={onClose} title={title} size="lg">
      <form
        onSubmit={form.onSubmit(
          (fields) => void submit(fields),
          () => check?.(),
        )}
        noValidate
      >
        <Stack gap="sm">
          {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
          {children}
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
          <TextInput
            label={words.ticket}
            description={words.ticketAdvice}
            maxLength={words.ticketLengthMax}
            {...form.getInputProps("ticket")}
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

function useRequestForm(endpoint: string) {
  return useForm<Fields>({
    initialValues: {
      ...{ endpoint, profile: "", kind: "duration", durationMs: String(2 * HOUR_MS) },
      from: toLocalInput(Date.now()),
      until: toLocalInput(Date.now() + 8 * HOUR_MS),
      ...{ day: "tue", weekFrom: "08:00", weekUntil: "12:00", reason: "", ticket: "" },
    },
    validate: {
      endpoint: (id) => (id === "" ? words.endpointMissing : null),
      profile: (id) => (id === "" ? words.profileMissing : null),
      until: (_, fields) => problemOfEnd(fields, Date.now()),
      weekUntil: (_, fields) => problemOfWeek(fields),
      reason: (reason) => (reason.trim() === "" ? words.reasonMissing : null),
    },
  });
}

interface PartProps {
  readonly form: Form;
}

function What({ form }: PartProps) {
  const { data } = useQuery(requestChoicesQuery);
  const chosen = data?.endpoints.find(({ id }) => id === form.values.endpoint);
  const profile = data?.profiles.find(({ id }) => id === form.values.profile);
  const endpoints = data?.endpoints.map(({ id, assetName }) => ({
    value: id,
    label: `${assetName} · ${id}`,
  }));
  const profiles = data?.profiles.map(({ id }) => ({ value: id, label: id }));
  const none = { value: "", label: words.choose };
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <NativeSelect
          label={words.where}
          required
          data={[none, ...(endpoints ?? [])]}
          {...form.getInputProps("endpoint")}
        />
        <NativeSelect
          label={words.profile}
          required
          data={[none, ...(profiles ?? [])]}
          {...form.getInputProps("profile")}
        />
      </SimpleGrid>
      {profile && (
        <Text component="div" size="sm" c="dimmed">
          {profile.description} <ClassBadges classes={profile.classes} />
        </Text>
      )}
      {chosen && (
        <Text size="sm" c="dimmed">
          {words.approvers(accessText.needs(chosen.by.map(accessText.approver), chosen.needed))}
        </Text>
      )}
    </>
  );
}

function When({ form }: PartProps) {
  const { kind } = form.values;
  return (
    <Stack gap="xs">
      <SegmentedControl
        size="xs"
        aria-label={words.kind}
        data={(["duration", "window", "weekly"] as const).map((value) => ({
          value,
          label: words.kinds[value],
        }))}
        value={kind}
        onChange={(value) => changeKind(form, value as Fields["kind"])}
      />
      {kind === "duration" && (
        <NativeSelect
          label={words.kinds.duration}
          description={words.lengthAdvice}
          data={words.lengths.map(({ ms, label }) => ({ value: String(ms), label }))}
          {...form.getInputProps("durationMs")}
        />
      )}
      {kind === "window" && (
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          <TextInput type="datetime-local" label={words.from} {...form.getInputProps("from")} />
          <TextInput
            type="datetime-local"
            label={words.until}
            required
            {...form.getInputProps("until")}
          />
        </SimpleGrid>
      )}
      {kind === "weekly" && <Weekly form={form} />}
    </Stack>
  );
}

/** What comes back every week does so for weeks. */
function changeKind(form: Form, kind: Fields["kind"]): void {
  form.setFieldValue("kind", kind);
  const lengthMs = kind === "weekly" ? 13 * WEEK_MS : 8 * HOUR_MS;
  form.setFieldValue("until", toLocalInput(Date.now() + lengthMs));
}

function Weekly({ form }: PartProps) {
  const days = Object.entries(accessText.day).map(([value, label]) => ({
    value: value as WeeklyWindowView["day"],
    label,
  }));
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
      <NativeSelect label={words.weekDay} data={days} {...form.getInputProps("day")} />
      <TextInput
        type="datetime-local"
        label={words.weekEnd}
        required
        {...form.getInputProps("until")}
      />
      <TextInput type="time" label={words.weekFrom} required {...form.getInputProps("weekFrom")} />
      <TextInput
        type="time"
        label={words.weekUntil}
        required
        {...form.getInputProps("weekUntil")}
      />
    </SimpleGrid>
  );
}
