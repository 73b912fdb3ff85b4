/** One harmless message past the queue; says at once whether it was taken. */
import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../../components/api.ts";
import { problemOf } from "../../components/problem.ts";
import { integrationsQuery } from "../../components/queries.ts";
import { integrationsText as words } from "../../text/integrations.ts";

export function TestButton({ name }: { readonly name: string }) {
  const client = useQueryClient();
  const failed = (message: string) =>
    notifications.show({ title: words.testFailed(name), message, autoClose: false });
  const test = useMutation({
    mutationFn: () => api.testIntegration(name),
    onSuccess: ({ error, tookMs }) => {
      if (error === null) notifications.show({ message: words.testTaken(name, tookMs) });
      else failed(error);
    },
    onError: (thrown) => failed(problemOf(thrown).message),
    onSettled: () => client.invalidateQueries({ queryKey: integrationsQuery.queryKey }),
  });
  return (
    <Button
      size="compact-xs"
      variant="default"
      loading={test.isPending}
      onClick={() => test.mutate()}
      aria-label={words.testOf(name)}
    >
      {words.test}
    </Button>
  );
}
