/** What a changed plant file would do, and the touch that signs exactly it. */
import { Button, Group, Modal, Text, Textarea, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { PlantPlanView } from "../../../broker/api/shapes/plant-file.ts";
import { cancelPlan, plantPlanQuery, signPlan } from "../../components/plant-file.ts";
import { ApiProblem } from "../../components/problem.ts";
import { plantQuery, queryClient } from "../../components/queries.ts";
import { QueryView } from "../../components/query-view.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { ProblemNotice } from "../../components/states.tsx";
import { plantFileText } from "../../text/plant-file.ts";
import { PolicyChanges } from "../policy/policy-changes.tsx";
import { WhatIf } from "../policy/what-if.tsx";
import { ProblemList } from "./problem-list.tsx";
import "../policy/policy.css";

const words = plantFileText.plan;

interface PlanDialogProps {
  readonly id: string | undefined;
  readonly reason: string;
  readonly onClose: () => void;
  /** It is in force, or waits. */
  readonly onDone: () => void;
}

export function PlanDialog({ id, reason, onClose, onDone }: PlanDialogProps) {
  return (
    <Modal opened={id !== undefined} onClose={onClose} title={words.title} size="xl">
      {id !== undefined && <Plan key={id} {...{ id, reason, onClose, onDone }} />}
    </Modal>
  );
}

function Plan({ id, ...props }: PlanDialogProps & { readonly id: string }) {
  const query = useQuery(plantPlanQuery(id));
  if (query.error instanceof ApiProblem && query.error.status === 404) {
    return <Text>{words.gone}</Text>;
  }
  return (
    <QueryView query={query} failed={words.failed}>
      {(plan) => <PlanView plan={plan} {...props} />}
    </QueryView>
  );
}

interface PlanViewProps extends Omit<PlanDialogProps, "id"> {
  readonly plan: PlantPlanView;
}

function PlanView({ plan, reason, onClose, onDone }: PlanViewProps) {
  const tried = useMemo(() => ({ plan: plan.id }), [plan.id]);
  const files = (text: string) => [{ name: words.text, text }];
  if (!plan.valid) return <ProblemList problems={plan.problems} />;
  if (plan.state !== "open") return <Over plan={plan} onClose={onClose} />;
  if (plan.same) return <Text>{words.same}</Text>;
  return (
    <div className="sp-plan">
      {plan.byCommand && <Text role="note">{words.byCommand}</Text>}
      <Changes plan={plan} />
      <Touched plan={plan} />
      {plan.warnings.length > 0 && (
        <section>
          <Text fw={600}>{words.warnings}</Text>
          <ProblemList problems={plan.warnings} />
        </section>
      )}
      <PolicyChanges before={files(plan.before)} after={files(plan.after)} />
      <WhatIf tried={tried} ready required={plan.needsWhatIf} />
      <Sign plan={plan} reason={reason} onClose={onClose} onDone={onDone} />
    </div>
  );
}

function Over({ plan, onClose }: Pick<PlanViewProps, "plan" | "onClose">) {
  return (
    <div className="sp-plan">
      <StateBadge tone="active" word={plan.state === "held" ? words.proposed : words.done} />
      <Group>
        <Button variant="default" onClick={onClose}>
          {words.close}
        </Button>
      </Group>
    </div>
  );
}

function Changes({ plan: { changes, more } }: { readonly plan: PlantPlanView }) {
  return (
    <section aria-label={words.changes}>
      <Title order={2} size="h5">
        {words.changes}
      </Title>
      {changes.length === 0 && <Text size="sm">{words.onlyText}</Text>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keys */}
      <ul className="sp-plan-changes" tabIndex={0}>
        {changes.map(({ kind, id, change, says }) => (
          <li key={`${kind} ${id} ${change}`}>
            <span className="sp-plan-word">{words.change[change]}</span>
            <strong className="sp-strong">
              {words.parts[kind] ?? kind} <span className="sp-mono">{id}</span>
            </strong>
            {says !== "" && <span>{says}</span>}
          </li>
        ))}
      </ul>
      {more > 0 && <Text size="sm">{words.more(more)}</Text>}
    </section>
  );
}

function Touched({ plan: { sessions, grants } }: { readonly plan: PlantPlanView }) {
  if (sessions.length + grants.length === 0) return <Text size="sm">{words.noSessions}</Text>;
  return (
    <section>
      {sessions.length > 0 && (
        <>
          <StateBadge tone="attention" word={words.sessions(sessions.length)} />
          <ul>
            {sessions.map(({ session, person, endpoint, why }) => (
              <li key={session}>
                <strong className="sp-strong">{words.sessionOf(person, endpoint)}</strong>
                <span>{why}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {grants.length > 0 && (
        <>
          <StateBadge tone="attention" word={words.grants(grants.length)} />
          <ul>
            {grants.map(({ id, subject, endpoint, why }) => (
              <li key={id}>
                <strong className="sp-strong">{words.sessionOf(subject, endpoint)}</strong>
                <span>{why}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Sign({ plan, reason: given, onClose, onDone }: PlanViewProps) {
  const [reason, setReason] = useState(given);
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  async function act(work: () => Promise<unknown>, then: () => void) {
    setBusy(true);
    setThrown(undefined);
    try {
      await work();
      then();
    } catch (failure) {
      setThrown(failure);
    } finally {
      setBusy(false);
      await queryClient.invalidateQueries({ queryKey: plantQuery.queryKey });
    }
  }
  if (plan.readOnly !== null) return <Text>{plantFileText.readOnly(plan.readOnly)}</Text>;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy && reason.trim() !== "") void act(() => signPlan(plan.id, reason.trim()), onDone);
      }}
    >
      <Textarea
        label={words.reason}
        description={words.reasonAdvice}
        required
        autosize
        maxLength={300}
        value={reason}
        onChange={({ currentTarget: { value } }) => setReason(value)}
      />
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
      <Group gap="xs" mt="sm">
        <Button type="submit" loading={busy} disabled={reason.trim() === ""}>
          {plan.needsSecond ? words.propose : words.sign}
        </Button>
        <Button
          variant="default"
          disabled={busy}
          onClick={() => void act(() => cancelPlan(plan.id), onClose)}
        >
          {words.refuse}
        </Button>
        <Text size="sm" c="dimmed">
          {plan.needsSecond ? words.proposes : words.signs}
        </Text>
      </Group>
    </form>
  );
}
