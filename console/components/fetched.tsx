/**
 * A part of a page that is fetched when it is first needed. Not by Suspense: React holds back for
 * 300 ms what comes soon after a placeholder was shown, and nobody shall wait for that.
 */
import { type ComponentType, type FunctionComponent, useEffect, useState } from "react";
import { Loading } from "./states.tsx";

export type Fetched<Props> = FunctionComponent<Props> & {
  /** Begins to fetch what will be needed soon. */
  begin(): void;
};

/** @param load what fails is thrown where the part is drawn, and tried again the next time */
export function fetched<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): Fetched<Props> {
  let part: ComponentType<Props> | undefined;
  let loading: Promise<void> | undefined;
  async function once(): Promise<void> {
    try {
      part = await load();
    } finally {
      loading = undefined;
    }
  }
  function begin(): Promise<void> {
    if (part !== undefined) return Promise.resolve();
    loading ??= once();
    return loading;
  }
  function Part(props: Props) {
    const [state, setState] = useState<{ readonly failed?: unknown }>({});
    useEffect(() => {
      if (part !== undefined) return;
      let left = false;
      const set = (next: { readonly failed?: unknown }) => {
        if (!left) setState(next);
      };
      begin().then(
        () => set({}),
        (failed: unknown) => set({ failed }),
      );
      return () => {
        left = true;
      };
    }, []);
    if ("failed" in state) throw state.failed;
    const Loaded = part;
    return Loaded === undefined ? <Loading /> : <Loaded {...props} />;
  }
  return Object.assign(Part, { begin: () => void begin().catch(() => undefined) });
}
