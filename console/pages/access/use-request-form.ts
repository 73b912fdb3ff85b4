/** The fields of a request as they are filled in, and what is still wrong with them. */
import { useForm } from "@mantine/form";
import { toLocalInput } from "../../components/time-words.ts";
import { requestFormText as words } from "../../text/access.ts";
import { type Fields, problemOfEnd, problemOfEndpoints, problemOfWeek } from "./wanted.ts";

const HOUR_MS = 3_600_000;

export type RequestFormState = ReturnType<typeof useRequestForm>;

/**
 * @param endpoint chosen already; empty when not
 * @param profileMissing what is said while no profile is chosen
 */
export function useRequestForm(endpoint: string, profileMissing: string) {
  return useForm<Fields>({
    initialValues: {
      ...{
        endpoints: [endpoint],
        sessionsMax: "",
        profile: "",
        kind: "duration",
        durationMs: String(2 * HOUR_MS),
      },
      from: toLocalInput(Date.now()),
      until: toLocalInput(Date.now() + 8 * HOUR_MS),
      ...{ day: "tue", weekFrom: "08:00", weekUntil: "12:00", reason: "", ticket: "" },
    },
    validate: {
      endpoints: (chosen) => (chosen.some((_, at) => problemOfEndpoints(chosen, at)) ? " " : null),
      profile: (id) => (id === "" ? profileMissing : null),
      until: (_, fields) => problemOfEnd(fields, Date.now()),
      weekUntil: (_, fields) => problemOfWeek(fields),
      reason: (reason) => (reason.trim() === "" ? words.reasonMissing : null),
    },
  });
}
