/** Where, on one endpoint or on several at once, and what to do there. */
import "./access.css";
import { Button, CloseButton, NativeSelect, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { RequestChoicesView } from "../../../broker/api/shapes/requests.ts";
import { type Choice, ChoiceField } from "../../components/choice-field.tsx";
import { ClassBadges } from "../../components/class-badges.tsx";
import { requestChoicesQuery } from "../../components/queries.ts";
import { accessText, requestFormText as words } from "../../text/access.ts";
import { endpointChoices } from "./endpoint-choices.ts";
import { profilesAt } from "./profiles-at.ts";
import type { RequestFormState } from "./use-request-form.ts";
import { problemOfEndpoints } from "./wanted.ts";

/** As `broker/access/request-input.ts`: one job touches a handful of assets. */
const ENDPOINTS_MAX = 20;
const NONE = { value: "", label: words.choose };

interface WhatProps {
  readonly form: RequestFormState;
}

interface RequestWhatProps extends WhatProps {
  /** Asks what is to be done there. */
  readonly label: string;
}

export function RequestWhat({ form, label }: RequestWhatProps) {
  const { data } = useQuery(requestChoicesQuery);
  const profile = data?.profiles.find(({ id }) => id === form.values.profile);
  const { endpoints } = form.values;
  const choices = useMemo(() => endpointChoices(data), [data]);
  const profiles = profilesAt(data, endpoints, form.values.profile);
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <Stack gap={6}>
          {endpoints.map((_, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a choice has no identity but its place
            <Where key={at} form={form} at={at} choices={choices} />
          ))}
          {endpoints.length < Math.min(ENDPOINTS_MAX, data?.endpoints.length ?? 1) && (
            <Button
              variant="subtle"
              size="compact-xs"
              className="ac-another"
              onClick={() => form.setFieldValue("endpoints", [...endpoints, ""])}
            >
              {words.another}
            </Button>
          )}
        </Stack>
        <NativeSelect
          label={label}
          required
          data={[NONE, ...profiles]}
          {...form.getInputProps("profile")}
        />
      </SimpleGrid>
      {profile && (
        <Text component="div" size="sm" c="dimmed">
          {profile.description} <ClassBadges classes={profile.classes} />
        </Text>
      )}
      <Approvers choices={data?.endpoints ?? []} chosen={endpoints} />
    </>
  );
}

interface WhereProps extends WhatProps {
  readonly at: number;
  readonly choices: readonly Choice[];
}

function Where({ form, at, choices }: WhereProps) {
  const { endpoints } = form.values;
  const change = (next: readonly string[]) => form.setFieldValue("endpoints", next);
  const wrong = form.errors.endpoints !== undefined ? problemOfEndpoints(endpoints, at) : null;
  return (
    <div className="ac-where">
      <ChoiceField
        label={at === 0 ? words.where : words.andWhere}
        required
        error={wrong}
        none={words.choose}
        choices={choices}
        value={endpoints[at] ?? ""}
        onChange={(value) => change(endpoints.with(at, value))}
      />
      {at > 0 && (
        <CloseButton
          aria-label={words.leaveOut(at + 1)}
          onClick={() => change(endpoints.filter((_, place) => place !== at))}
        />
      )}
    </div>
  );
}

interface ApproversProps {
  readonly choices: RequestChoicesView["endpoints"];
  readonly chosen: readonly string[];
}

/** Each said once, however many of the endpoints it is for. */
function Approvers({ choices, chosen }: ApproversProps) {
  const said = choices
    .filter(({ id }) => chosen.includes(id))
    .map(({ by, needed }) => accessText.needs(by.map(accessText.approver), needed));
  return [...new Set(said)].map((who) => (
    <Text key={who} size="sm" c="dimmed">
      {words.approvers(who)}
    </Text>
  ));
}
