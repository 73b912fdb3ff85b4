/** What an administrator can do about one person; each act asks first and says what it will cut. */
import { ActionIcon, Menu } from "@mantine/core";
import {
  IconDots,
  IconLifebuoy,
  IconLink,
  IconPencil,
  IconUserCheck,
  IconUserOff,
  IconUserShare,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { PersonView } from "../../../broker/api/shapes/people.ts";
import { api } from "../../components/api.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { providersQuery } from "../../components/providers.ts";
import { peopleQuery, queryClient, sessionsQuery } from "../../components/queries.ts";
import { withFreshAssertion } from "../../components/step-up.ts";
import { disableText, linkText, recoveryText, peopleText as words } from "../../text/people.ts";
import { accountsText } from "../../text/providers.ts";
import { AccountsDialog } from "./accounts-dialog.tsx";
import type { NewLink } from "./new-link.ts";
import { PersonForm } from "./person-form.tsx";

type Act = "edit" | "accounts" | "link" | "recover" | "disable" | "enable";

interface PersonMenuProps {
  readonly person: PersonView;
  /** One's own row: nobody disables or recovers themselves. */
  readonly mine: boolean;
  readonly onLink: (link: NewLink) => void;
}

export function PersonMenu({ person, mine, onLink }: PersonMenuProps) {
  const [act, setAct] = useState<Act | null>(null);
  const close = () => setAct(null);
  const { actions } = words;
  const { data } = useQuery(providersQuery);
  const mayLink = data !== undefined && data.providers.length > 0;
  return (
    <div className="sp-row-actions">
      <Menu position="bottom-end" width={230}>
        <Menu.Target>
          <ActionIcon variant="default" aria-label={actions.menu(person.name)}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => setAct("edit")}>
            {actions.edit}
          </Menu.Item>
          {mayLink && (
            <Menu.Item leftSection={<IconUserShare size={16} />} onClick={() => setAct("accounts")}>
              {accountsText.personMenu}
            </Menu.Item>
          )}
          {person.state === "invited" && (
            <Menu.Item leftSection={<IconLink size={16} />} onClick={() => setAct("link")}>
              {actions.link}
            </Menu.Item>
          )}
          {person.state === "active" && !mine && (
            <Menu.Item leftSection={<IconLifebuoy size={16} />} onClick={() => setAct("recover")}>
              {actions.recover}
            </Menu.Item>
          )}
          {person.state === "disabled" && (
            <Menu.Item leftSection={<IconUserCheck size={16} />} onClick={() => setAct("enable")}>
              {actions.enable}
            </Menu.Item>
          )}
          {person.state !== "disabled" && !mine && (
            <Menu.Item leftSection={<IconUserOff size={16} />} onClick={() => setAct("disable")}>
              {actions.disable}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {act === "edit" && <PersonForm person={person} onClose={close} />}
      {act === "accounts" && <AccountsDialog person={person} onClose={close} />}
      {act === "link" && <LinkAgain person={person} onClose={close} onLink={onLink} />}
      {act === "recover" && <Recover person={person} onClose={close} />}
      {act === "disable" && <Disable person={person} onClose={close} />}
      {act === "enable" && <Enable person={person} onClose={close} />}
    </div>
  );
}

interface ActProps {
  readonly person: PersonView;
  readonly onClose: () => void;
}

async function done<Result>(act: () => Promise<Result>): Promise<Result> {
  const result = await withFreshAssertion(act);
  await queryClient.invalidateQueries({ queryKey: peopleQuery.queryKey });
  return result;
}

function LinkAgain({ person, onClose, onLink }: ActProps & Pick<PersonMenuProps, "onLink">) {
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={linkText.title(person.name)}
      action={linkText.newLinkAction}
      onConfirm={async () => {
        const link = await done(() => api.enrolmentLink(person.id));
        onLink({ name: person.name, link });
      }}
    >
      {linkText.newLink(person.name)}
    </ConfirmDialog>
  );
}

function Recover({ person, onClose }: ActProps) {
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={recoveryText.title(person.name)}
      action={recoveryText.action}
      reasonLabel={recoveryText.reason}
      onConfirm={(reason) => done(() => api.requestRecovery(person.id, reason))}
    >
      {recoveryText.explain(person.name)}
    </ConfirmDialog>
  );
}

function Disable({ person, onClose }: ActProps) {
  const { data: sessions } = useQuery(sessionsQuery);
  const running = sessions?.filter((session) => session.subject.id === person.id).length ?? 0;
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={disableText.title(person.name)}
      action={disableText.action}
      harmful
      onConfirm={() => done(() => api.changePerson(person.id, { disabled: true }))}
    >
      {disableText.sessions(running)} {disableText.rest}
    </ConfirmDialog>
  );
}

function Enable({ person, onClose }: ActProps) {
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={disableText.enableTitle(person.name)}
      action={disableText.enableAction}
      onConfirm={() => done(() => api.changePerson(person.id, { disabled: false }))}
    >
      {disableText.enableRest}
    </ConfirmDialog>
  );
}
