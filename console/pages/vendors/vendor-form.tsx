/** Invites somebody from outside: who they are, and the time one asks for them. */
import { SimpleGrid, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { alikePeople } from "../../../protocols/text/alike-people.ts";
import { api, type NewRequest } from "../../components/api.ts";
import { InlineNotice } from "../../components/inline-notice.tsx";
import { queryClient, vendorsQuery } from "../../components/queries.ts";
import { vendorsText } from "../../text/vendors.ts";
import { RequestForm } from "../access/request-form.tsx";
import type { NewLink } from "../people/new-link.ts";

const words = vendorsText.form;
const FIELDS = ["name", "employer", "email"] as const;
type Who = Readonly<Record<(typeof FIELDS)[number], string>>;

interface VendorFormProps {
  readonly onClose: () => void;
  readonly onLink: (link: NewLink) => void;
}

export function VendorForm({ onClose, onLink }: VendorFormProps) {
  const [who, setWho] = useState<Who>({ name: "", email: "", employer: "" });
  const [checked, setChecked] = useState(false);
  const alike = alikePeople(useQuery(vendorsQuery).data ?? [], who);
  async function send(wanted: NewRequest) {
    const { vendor, link } = await api.inviteVendor({ ...who, wanted });
    await queryClient.invalidateQueries({ queryKey: vendorsQuery.queryKey });
    onLink({ name: vendor.name, link });
  }
  return (
    <RequestForm
      title={words.title}
      endpoint=""
      forOther
      check={() => {
        setChecked(true);
        return FIELDS.every((field) => who[field].trim() !== "");
      }}
      send={send}
      onClose={onClose}
    >
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        {FIELDS.map((field) => (
          <TextInput
            key={field}
            type={field === "email" ? "email" : "text"}
            label={words[field]}
            required
            value={who[field]}
            error={checked && who[field].trim() === "" && words.missing}
            onChange={(event) => setWho({ ...who, [field]: event.currentTarget.value })}
            {...(field === "email" && { description: words.emailAdvice, className: "ac-whole" })}
          />
        ))}
      </SimpleGrid>
      <InlineNotice>
        {alike.length > 0 && words.alike(alike.map((each) => `${each.name} (${each.email})`))}
      </InlineNotice>
    </RequestForm>
  );
}
