/** Secrets to be planted; none is real. Each is built so that no scanner takes this file for a leak. */
export const PLANTED: Readonly<Record<string, string>> = {
  jwt: ['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiIxMjM0In0', 'Xk9-planted_Zq'].join('.'),
  bearer: `Bearer ${'planted'}Opaque0123`,
  'aws key': `AKIA${'PLANTEDPLANTED16'}`,
  'webhook secret': `whsec_${'plantedPlanted'}`,
  'slack token': `xoxb-${'planted-planted'}`,
  pem: `-----BEGIN ${'PRIVATE KEY'}-----plantedPEM-----END ${'PRIVATE KEY'}-----`,
  'named value': 'api_key=plantedNamed&',
  password: 'password=plantedPass&',
}

/** Whether the telling part of a planted secret is in a text. */
export function plantedIn(text: string, secret: string): boolean {
  const telling =
    /Xk9-planted_Zq|plantedOpaque0123|PLANTEDPLANTED16|plantedPlanted|planted-planted|plantedPEM|plantedNamed|plantedPass/
  const found = telling.exec(secret)
  return found !== null && text.toLowerCase().includes(found[0].toLowerCase())
}
