/** One's own passkeys, sign-ins, and how the console behaves in this browser. */
import { Switch, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useMe, useRight } from "../../components/me.ts";
import { Page } from "../../components/page.tsx";
import { providersQuery } from "../../components/providers.ts";
import { ThemeSwitch } from "../../components/theme-switch.tsx";
import { ownTokensQuery, revokeOwnToken } from "../../components/tokens.ts";
import { useShortcutsSetting } from "../../shell/shortcuts.ts";
import { accountText as words } from "../../text/account.ts";
import { devicesText } from "../../text/devices.ts";
import { accountsText } from "../../text/providers.ts";
import { sshKeyText } from "../../text/ssh-keys.ts";
import { tokenText } from "../../text/tokens.ts";
import { text } from "../../text.ts";
import { Accounts } from "./accounts.tsx";
import { Devices } from "./devices.tsx";
import { Passkeys } from "./passkeys.tsx";
import { SignIns } from "./sign-ins.tsx";
import { SshKeys } from "./ssh-keys.tsx";
import { Tokens } from "./tokens.tsx";
import "./account.css";

export function AccountPage() {
  const mayOpen = useRight("session:open");
  const { data } = useQuery(providersQuery);
  const mayLink = data !== undefined && data.providers.length > 0;
  return (
    <Page title={words.title}>
      <div className="sp-account">
        <Section title={words.passkeys.title}>
          <Passkeys />
        </Section>
        {mayOpen && (
          <Section title={sshKeyText.title}>
            <SshKeys />
          </Section>
        )}
        {mayLink && (
          <Section title={accountsText.title}>
            <Accounts />
          </Section>
        )}
        <Section title={devicesText.title}>
          <Devices />
        </Section>
        <Section title={tokenText.title}>
          <Tokens query={ownTokensQuery} revoke={revokeOwnToken} />
        </Section>
        <Section title={words.signIns.title}>
          <SignIns />
        </Section>
        <div className="sp-account-pair">
          <Section title={words.me.title}>
            <Me />
          </Section>
          <Section title={words.browser.title}>
            <Browser />
          </Section>
        </div>
      </div>
    </Page>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section>
      <Title order={2} size="h5" mb={6}>
        {title}
      </Title>
      {children}
    </section>
  );
}

function Me() {
  const { person } = useMe();
  return (
    <dl className="sp-panel sp-account-me">
      <dt>{words.me.name}</dt>
      <dd>{person.name}</dd>
      <dt>{words.me.email}</dt>
      <dd>{person.email}</dd>
      {person.employer !== "" && (
        <>
          <dt>{words.me.employer}</dt>
          <dd>{person.employer}</dd>
        </>
      )}
      <dt>{words.me.roles}</dt>
      <dd>{person.roles.map((role) => text.roles[role]).join(", ")}</dd>
    </dl>
  );
}

function Browser() {
  const [keys, setKeys] = useShortcutsSetting();
  return (
    <div className="sp-panel sp-account-browser">
      <div>
        <div className="sp-sub">{words.browser.theme}</div>
        <ThemeSwitch />
      </div>
      <Switch
        label={words.browser.keys}
        description={words.browser.keysAdvice}
        checked={keys}
        onChange={(event) => setKeys(event.currentTarget.checked)}
      />
    </div>
  );
}
