/** Opens access without approvers: says plainly what happens, then one touch of the passkey. */
import {
  Button,
  Group,
  Modal,
  NativeSelect,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { IconAlertOctagonFilled } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { PersonView } from "../../../broker/api/shapes/people.ts";
import { breakGlass, type NewBreakGlass } from "../../components/break-glass.ts";
import { ChoiceField } from "../../components/choice-field.tsx";
import { ClassBadges } from "../../components/class-badges.tsx";
import { useMe, useRight } from "../../components/me.ts";
import { peopleQuery, queryClient, requestChoicesQuery } from "../../components/queries.ts";
import { ProblemNotice } from "../../components/states.tsx";
import { breakGlassText } from "../../text/break-glass.ts";
import { endpointChoices } from "../access/endpoint-choices.ts";
import { profilesAt } from "../access/profiles-at.ts";
import "./break-glass.css";

const words = breakGlassText.open;

interface OpenDialogProps {
  /** Chosen already; empty when not. */
  readonly endpoint: string;
  readonly onClose: () => void;
}

type Fields = Omit<NewBreakGlass, "durationMs"> & { readonly durationMs: string };

export function OpenDialog({ endpoint, onClose }: OpenDialogProps) {
  const { form, busy, thrown, submit } = useOpening(endpoint, onClose);
  return (
    <Modal opened onClose={onClose} title={words.title} size="lg">
      <form onSubmit={form.onSubmit((fields) => void submit(fields))} noValidate>
        <Stack gap="sm">
          <div className="bg-warning">
            <IconAlertOctagonFilled size={18} aria-hidden />
            <ul>
              {words.explain.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </div>
          {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
          <What form={form} />
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
            <Text size="sm" c="dimmed" mr="auto">
              {words.signs}
            </Text>
            <Button variant="default" onClick={onClose}>
              {words.cancel}
            </Button>
            <Button type="submit" loading={busy} className="sp-harmful">
              {words.confirm}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function useOpening(endpoint: string, onClose: () => void) {
  const me = useMe();
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  const form = useForm<Fields>({
    initialValues: {
      ...{ endpoint, profile: "", holder: me.person.id, reason: "" },
      durationMs: words.lengths[1]?.value ?? "",
    },
    validate: {
      endpoint: (id) => (id === "" ? words.missing.endpoint : null),
      profile: (id) => (id === "" ? words.missing.profile : null),
      reason: (reason) => (reason.trim() === "" ? words.missing.reason : null),
    },
  });
  async function submit({ durationMs, ...rest }: Fields) {
    setBusy(true);
    setThrown(undefined);
    try {
      await breakGlass({ ...rest, durationMs: Number(durationMs) });
      await queryClient.invalidateQueries();
      notifications.show({ title: words.done, message: words.doneBody });
      onClose();
    } catch (failure) {
      setThrown(failure);
      setBusy(false);
    }
  }
  return { form, busy, thrown, submit };
}

function What({ form }: { readonly form: ReturnType<typeof useOpening>["form"] }) {
  const { data } = useQuery(requestChoicesQuery);
  const none = { value: "", label: words.choose };
  const endpoints = useMemo(() => endpointChoices(data), [data]);
  const { endpoint, profile: chosen } = form.values;
  const profiles = profilesAt(data, [endpoint], chosen);
  const profile = data?.profiles.find(({ id }) => id === form.values.profile);
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <ChoiceField
          label={words.where}
          required
          none={words.choose}
          choices={endpoints}
          {...form.getInputProps("endpoint")}
          value={form.values.endpoint}
        />
        <NativeSelect
          label={words.profile}
          required
          data={[none, ...profiles]}
          {...form.getInputProps("profile")}
        />
        <NativeSelect label={words.who} data={useHolders()} {...form.getInputProps("holder")} />
        <NativeSelect
          label={words.length}
          data={[...words.lengths]}
          {...form.getInputProps("durationMs")}
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

/** Oneself first, then whoever could do it. */
function useHolders() {
  const { person } = useMe();
  const mayName = useRight("people:manage");
  const { data } = useQuery({ ...peopleQuery, enabled: mayName });
  const others = data?.filter((each) => each.id !== person.id && couldAct(each)) ?? [];
  return [person, ...others].map(({ id, name }) => ({ value: id, label: name }));
}

function couldAct({ state, roles }: PersonView): boolean {
  return state === "active" && roles.some((role) => role === "engineer" || role === "vendor");
}
