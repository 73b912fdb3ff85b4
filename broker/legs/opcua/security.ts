/** The security of a secure channel, as the plant file and the console name it. */

export type SecurityPolicyName =
  | "None"
  | "Basic256Sha256"
  | "Aes128_Sha256_RsaOaep"
  | "Aes256_Sha256_RsaPss";

export type SecurityModeName = "None" | "Sign" | "SignAndEncrypt";

export interface ChannelSecurity {
  readonly policy: SecurityPolicyName;
  /** `None` exactly where the policy is. */
  readonly mode: SecurityModeName;
}

/**
 * The only ones that are spoken at all. Basic128Rsa15 and Basic256 rest on SHA-1 (deprecated in
 * OPC 10000-7); those on elliptic curves are not in the library.
 */
export const POLICY_URIS: Readonly<Record<SecurityPolicyName, string>> = {
  None: "http://opcfoundation.org/UA/SecurityPolicy#None",
  Basic256Sha256: "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256",
  Aes128_Sha256_RsaOaep: "http://opcfoundation.org/UA/SecurityPolicy#Aes128_Sha256_RsaOaep",
  Aes256_Sha256_RsaPss: "http://opcfoundation.org/UA/SecurityPolicy#Aes256_Sha256_RsaPss",
};

export const NO_SECURITY: ChannelSecurity = { policy: "None", mode: "None" };

/** What native clients are offered, strongest first. */
export const SECURE: readonly ChannelSecurity[] = [
  { policy: "Aes256_Sha256_RsaPss", mode: "SignAndEncrypt" },
  { policy: "Aes256_Sha256_RsaPss", mode: "Sign" },
  { policy: "Aes128_Sha256_RsaOaep", mode: "SignAndEncrypt" },
  { policy: "Aes128_Sha256_RsaOaep", mode: "Sign" },
  { policy: "Basic256Sha256", mode: "SignAndEncrypt" },
  { policy: "Basic256Sha256", mode: "Sign" },
];

export function policyOfUri(uri: string): SecurityPolicyName | undefined {
  const names = Object.keys(POLICY_URIS) as SecurityPolicyName[];
  return names.find((name) => POLICY_URIS[name] === uri);
}
