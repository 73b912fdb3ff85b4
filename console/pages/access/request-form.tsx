/** Asks for a time: where, what to do there, when, and why. */
import {
  Button,
  Group,
  Modal,
  NativeSelect,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Textarea,
  TextInput,
} from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { WeeklyWindowView } from "../../../broker/api/shapes/requests.ts";
import type { NewRequest } from "../../components/api.ts";
import { queryClient, requestsQuery } from "../../components/queries.ts";
import { ProblemNotice } from "../../components/states.tsx";
import { toLocalInput } from "../../components/time-words.ts";
import { accessText, requestFormText as words } from "../../text/access.ts";
import { RequestWhat } from "./request-what.tsx";
import { type RequestFormState, useRequestForm } from "./use-request-form.ts";
import { type Fields, wantedFrom } from "./wanted.ts";

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;

interface RequestFormProps {
  readonly title: string;
  /** Chosen already; empty when not. */
  readonly endpoint: string;
  /** It is somebody else who will work by it. */
  readonly forOther?: true;
  /** Who that is. */
  readonly children?: ReactNode;
  /** False while something above is missing; says so there. */
  readonly check?: () => boolean;
  readonly send: (wanted: NewRequest) => Promise<unknown>;
  readonly onClose: () => void;
}

type Form = RequestFormState;

export function RequestForm(props: RequestFormProps) {
  const { title, endpoint, forOther = false, children, check, send, onClose } = props;
  const asked = words.of[forOther ? "other" : "oneself"];
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  const form = useRequestForm(endpoint, asked.profileMissing);

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
          <RequestWhat form={form} label={asked.profile} />
          <When form={form} />
          <Textarea
            label={words.reason}
            description={asked.reasonAdvice}
            required
            autosize
            minRows={2}
            maxLength={words.reasonLengthMax}
            {...form.getInputProps("reason")}
          />
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
            <TextInput
              label={words.ticket}
              description={words.ticketAdvice}
              maxLength={words.ticketLengthMax}
              {...form.getInputProps("ticket")}
            />
            <NativeSelect
              label={words.sessionsMax}
              description={words.sessionsMaxAdvice}
              data={words.sessionsMaxes.map(({ value, label }) => ({ value, label }))}
              {...form.getInputProps("sessionsMax")}
            />
          </SimpleGrid>
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

interface PartProps {
  readonly form: Form;
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
