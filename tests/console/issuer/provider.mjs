// An OpenID provider on loopback with one client, the console, and accounts that are whoever logs in:
//   node provider.mjs PORT SECRET
// Whoever logs in as `unit@unit-1` has the role unit and the organisation unit-1.
import { Provider } from "oidc-provider";

const [port, secret] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "saizheng-console",
      client_secret: secret,
      redirect_uris: ["http://127.0.0.1/console/callback"],
      response_types: ["code"],
      grant_types: ["authorization_code"],
      token_endpoint_auth_method: "client_secret_basic",
    },
  ],
  pkce: { required: () => true },
  claims: { openid: ["sub", "role", "organisation"] },
  conformIdTokenClaims: false,
  cookies: { keys: [secret] },
  features: { devInteractions: { enabled: true } },
  findAccount: (_, id) => {
    const [role, organisation] = id.split("@");
    return { accountId: id, claims: async () => ({ sub: id, role, organisation }) };
  },
});

provider.listen(Number(port), "127.0.0.1", () => console.log(issuer));
