/** What an asset shows, to be compared with the asset itself, then accepted by one touch. */
import { Button, Checkbox, Group, Modal, Stack, Text } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type {
  AssetIdentityView,
  KnownIdentityView,
} from "../../../broker/api/shapes/identities.ts";
import { Copyable } from "../../components/copyable.tsx";
import { discardTrust, trustIdentity } from "../../components/identities.ts";
import { useNow } from "../../components/now.ts";
import { ProblemNotice } from "../../components/states.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { identityText as words } from "../../text/identities.ts";

interface IdentityDialogProps {
  readonly state: AssetIdentityView;
  /** Closed without one. */
  readonly identity: KnownIdentityView | undefined;
  readonly secondNeeded: boolean;
  readonly onClose: () => void;
}

export function IdentityDialog({ state, identity, secondNeeded, onClose }: IdentityDialogProps) {
  const title = words.title(state.endpoint);
  return (
    <Modal opened={identity !== undefined} onClose={onClose} title={title} size="lg">
      {identity && (
        <Stack gap="sm">
          <Text size="sm">{words.explain[state.kind]}</Text>
          <Facts identity={identity} />
          {state.inFile.length > 0 ? (
            <OfFile state={state} identity={identity} onClose={onClose} />
          ) : (
            <Accept {...{ state, identity, secondNeeded, onClose }} />
          )}
        </Stack>
      )}
    </Modal>
  );
}

interface OneProps {
  readonly state: AssetIdentityView;
  readonly identity: KnownIdentityView;
  readonly onClose: () => void;
}

function Facts({ identity }: { readonly identity: KnownIdentityView }) {
  const { fingerprint, algorithm, address, alsoWritten, certificate } = identity;
  return (
    <dl className="sp-asset-facts sp-identity-facts">
      <dt>{words.fingerprint}</dt>
      <dd>
        <Copyable value={fingerprint} what={words.fingerprint} />
      </dd>
      {alsoWritten.map(({ as, text }) => (
        <Fact key={as} name={as}>
          <Copyable value={text} what={as} />
        </Fact>
      ))}
      <Fact name={words.algorithm}>{algorithm}</Fact>
      {certificate && <OfCertificate certificate={certificate} />}
      <Fact name={words.from}>{address}</Fact>
      <Fact name={words.first}>
        <RelativeTime atMs={identity.firstMs} />
      </Fact>
      <Fact name={words.last}>
        <RelativeTime atMs={identity.lastMs} />
      </Fact>
    </dl>
  );
}

function OfCertificate({
  certificate,
}: {
  readonly certificate: NonNullable<KnownIdentityView["certificate"]>;
}) {
  const { subject, issuer, names, validFromMs, validUntilMs } = certificate;
  const nowMs = useNow();
  const day = (atMs: number) => new Date(atMs).toISOString().slice(0, 10);
  return (
    <>
      <Fact name={words.subject}>{subject}</Fact>
      <Fact name={words.issuer}>{issuer}</Fact>
      {names !== "" && <Fact name={words.names}>{names}</Fact>}
      <Fact name={words.valid}>
        {`${day(validFromMs)} ${words.until} ${day(validUntilMs)}`}
        {(nowMs < validFromMs || nowMs > validUntilMs) && (
          <div className="sp-identity-warning">{words.expired}</div>
        )}
      </Fact>
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function OfFile({ state: { kind, inFile }, identity, onClose }: OneProps) {
  return (
    <>
      <Now fingerprints={inFile} />
      <Text size="sm">{words.fileRules}</Text>
      <Copyable value={words.fileLine(kind, identity.fingerprint)} what={words.line} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {words.close}
        </Button>
      </Group>
    </>
  );
}

function Now({ fingerprints }: { readonly fingerprints: readonly string[] }) {
  return (
    <div>
      <Text size="sm" fw={600}>
        {words.now}
      </Text>
      {fingerprints.map((each) => (
        <div key={each}>
          <Copyable value={each} what={words.fingerprint} />
        </div>
      ))}
    </div>
  );
}

function Accept({ state, identity, secondNeeded, onClose }: IdentityDialogProps & OneProps) {
  const [keep, setKeep] = useState(false);
  const [compared, setCompared] = useState(false);
  const { busy, thrown, run } = useAct(onClose);
  const { endpoint, known } = state;
  const { fingerprint, proposed } = identity;
  const trusted = known.filter((each) => each.trusted !== null);
  const kept = proposed?.keep ?? keep;
  const mine = proposed?.mine === true;
  return (
    <>
      {trusted.length > 0 && <Now fingerprints={trusted.map((each) => each.fingerprint)} />}
      {trusted.length > 0 && !kept && <Text size="sm">{words.replaced}</Text>}
      {trusted.length > 0 && !proposed && (
        <Checkbox
          label={words.keep}
          checked={keep}
          onChange={(event) => setKeep(event.currentTarget.checked)}
        />
      )}
      {proposed && <Text size="sm">{words.waits(proposed.name)}</Text>}
      {secondNeeded && !proposed && <Text size="sm">{words.second}</Text>}
      {!mine && (
        <Checkbox
          label={words.compared}
          checked={compared}
          onChange={(event) => setCompared(event.currentTarget.checked)}
        />
      )}
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.notAccepted} />}
      <Group justify="flex-end" gap="xs">
        {!mine && (
          <Text size="sm" c="dimmed" style={{ flex: 1 }}>
            {words.signs}
          </Text>
        )}
        {proposed && (
          <Button
            variant="default"
            disabled={busy}
            onClick={() => void run(() => discardTrust(endpoint, fingerprint))}
          >
            {words.discard}
          </Button>
        )}
        <Button variant="default" onClick={onClose}>
          {mine ? words.close : words.cancel}
        </Button>
        {!mine && (
          <Button
            loading={busy}
            disabled={!compared}
            onClick={() => void run(() => trustIdentity(endpoint, fingerprint, kept))}
          >
            {proposed ? words.agree : words.accept}
          </Button>
        )}
      </Group>
    </>
  );
}

function useAct(done: () => void) {
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  async function run(act: () => Promise<void>) {
    setBusy(true);
    setThrown(undefined);
    try {
      await act();
      done();
    } catch (failure) {
      setThrown(failure);
    } finally {
      setBusy(false);
    }
  }
  return { busy, thrown, run };
}
