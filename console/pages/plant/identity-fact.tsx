/** Of one endpoint: which key or certificate of it is trusted, for those who decide about that. */
import { Button, Group, Text } from "@mantine/core";
import { IconAlertTriangleFilled, IconShieldCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type {
  AssetIdentityView,
  KnownIdentityView,
} from "../../../broker/api/shapes/identities.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { Copyable } from "../../components/copyable.tsx";
import { identitiesQuery, lookAtIdentity, withdrawTrust } from "../../components/identities.ts";
import { useRight } from "../../components/me.ts";
import { ProblemNotice } from "../../components/states.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { identityText as words } from "../../text/identities.ts";
import { IdentityDialog } from "./identity-dialog.tsx";

/** What was shown and does not count, the latest first. */
export function strangeOf({ known, inFile }: AssetIdentityView): readonly KnownIdentityView[] {
  if (inFile.length > 0) return known.filter(({ fingerprint }) => !inFile.includes(fingerprint));
  const acceptedMs = Math.max(0, ...known.map(({ trusted }) => trusted?.atMs ?? 0));
  return known.filter(({ trusted, lastMs }) => trusted === null && lastMs > acceptedMs);
}

export function IdentityFact({ endpoint }: { readonly endpoint: string }) {
  const mayChange = useRight("plant:change");
  const query = useQuery({ ...identitiesQuery, enabled: mayChange });
  const state = query.data?.endpoints.find((each) => each.endpoint === endpoint);
  if (!mayChange || (query.isSuccess && !state)) return null;
  return (
    <>
      <dt>{words.fact}</dt>
      <dd>
        {query.isError && <Text size="sm">{words.failed}</Text>}
        {state && <State state={state} secondNeeded={query.data?.secondNeeded === true} />}
      </dd>
    </>
  );
}

interface StateProps {
  readonly state: AssetIdentityView;
  readonly secondNeeded: boolean;
}

function State({ state, secondNeeded }: StateProps) {
  const { endpoint, kind, inFile, known } = state;
  const [compared, setCompared] = useState<KnownIdentityView>();
  const trusted = inFile.length > 0 ? [] : known.filter((each) => each.trusted !== null);
  const strange = strangeOf(state);
  return (
    <>
      {inFile.length > 0 && <div>{words.inFile(kind)}</div>}
      {trusted.map((each) => (
        <Trusted key={each.fingerprint} state={state} identity={each} />
      ))}
      {inFile.length + trusted.length + strange.length === 0 && <div>{words.none}</div>}
      {strange.map((each) => (
        <Strange
          key={each.fingerprint}
          state={state}
          identity={each}
          changed={trusted.length > 0}
          onCompare={() => setCompared(each)}
        />
      ))}
      <Look endpoint={endpoint} />
      <IdentityDialog
        state={state}
        identity={compared}
        secondNeeded={secondNeeded}
        onClose={() => setCompared(undefined)}
      />
    </>
  );
}

interface OneProps {
  readonly state: AssetIdentityView;
  readonly identity: KnownIdentityView;
}

function Trusted({ state: { endpoint, kind }, identity }: OneProps) {
  const [asking, setAsking] = useState(false);
  const { fingerprint, trusted } = identity;
  return (
    <div className="sp-identity">
      <IconShieldCheck size={14} aria-hidden /> {words.trusted(kind)}
      <div>
        <Copyable value={fingerprint} what={words.fingerprint} shown={22} />
      </div>
      {trusted && (
        <div className="sp-dim">
          {words.trustedBy(trusted.name)} <RelativeTime atMs={trusted.atMs} />
        </div>
      )}
      <Button variant="default" size="compact-xs" mt={4} onClick={() => setAsking(true)}>
        {words.withdraw}
      </Button>
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={words.withdrawTitle}
        action={words.withdraw}
        harmful
        onConfirm={() => withdrawTrust(endpoint, fingerprint)}
      >
        {words.withdrawBody}
      </ConfirmDialog>
    </div>
  );
}

interface StrangeProps extends OneProps {
  /** Another one is trusted. */
  readonly changed: boolean;
  readonly onCompare: () => void;
}

function Strange({ state, identity, changed, onCompare }: StrangeProps) {
  const { kind, inFile } = state;
  const { fingerprint, lastMs, proposed } = identity;
  const said = inFile.length > 0 ? words.strangeInFile(kind) : words.strange(kind);
  return (
    <div className="sp-identity">
      {(changed || inFile.length > 0) && (
        <div className="sp-identity-warning">
          <IconAlertTriangleFilled size={14} aria-hidden /> {said}
        </div>
      )}
      {!changed && inFile.length === 0 && <div>{words.none}</div>}
      <div>
        <Copyable value={fingerprint} what={words.fingerprint} shown={22} />
      </div>
      <div className="sp-dim">
        {words.seen} <RelativeTime atMs={lastMs} />
      </div>
      {proposed && <div>{words.waits(proposed.name)}</div>}
      <Button variant="default" size="compact-xs" mt={4} onClick={onCompare}>
        {inFile.length > 0 ? words.show : words.compare}
      </Button>
    </div>
  );
}

function Look({ endpoint }: { readonly endpoint: string }) {
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  async function look() {
    setBusy(true);
    setThrown(undefined);
    try {
      await lookAtIdentity(endpoint);
    } catch (failure) {
      setThrown(failure);
    } finally {
      setBusy(false);
    }
  }
  return (
    <>
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.notLooked} />}
      <Group gap={6} mt={4}>
        <Button
          variant="default"
          size="compact-xs"
          title={words.looking}
          loading={busy}
          onClick={() => void look()}
        >
          {words.look}
        </Button>
      </Group>
    </>
  );
}
