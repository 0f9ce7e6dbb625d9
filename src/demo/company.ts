/** The services of a made-up company and what they offer: `METHOD route`, and for some the rank of its popularity. */
export interface Offer {
  readonly service: string
  readonly method: string
  readonly route: string
  /** 1 is the most popular; `null`: the seed decides. */
  readonly rank: number | null
}

const offers: Readonly<Record<string, readonly string[]>> = {
  catalog: [
    'GET /v1/products',
    'GET /v1/products/{id} 1',
    'GET /v1/products/{id}/reviews',
    'POST /v1/products/{id}/reviews',
    'GET /v1/categories',
    'GET /v1/categories/{id}/products',
    'PUT /v1/products/{id}',
  ],
  search: ['GET /v1/search 2', 'GET /v1/suggestions', 'POST /v1/index/{id}', 'GET /v1/trending', 'POST /v1/reindex'],
  orders: [
    'POST /v1/orders',
    'GET /v1/orders',
    'GET /v1/orders/{id}',
    'PATCH /v1/orders/{id}',
    'DELETE /v1/orders/{id}',
    'POST /v1/orders/{id}/returns',
    'GET /v1/orders/{id}/invoice',
  ],
  cart: [
    'GET /v1/carts/{id} 4',
    'POST /v1/carts/{id}/items',
    'DELETE /v1/carts/{id}/items/{item}',
    'POST /v1/carts/{id}/checkout',
    'POST /v1/carts',
  ],
  payments: [
    'POST /v1/charges 3',
    'GET /v1/charges/{id}',
    'POST /v1/refunds',
    'GET /v1/refunds/{id}',
    'POST /v1/payouts',
    'GET /v1/payment-methods/{id}',
    'POST /v1/webhooks/acquirer',
  ],
  accounts: [
    'GET /v1/accounts/{id}',
    'PATCH /v1/accounts/{id}',
    'POST /v1/accounts',
    'GET /v1/accounts/{id}/balance',
    'GET /v1/accounts/{id}/statements',
    'GET /v1/accounts/{id}/statements/{month}',
    'DELETE /v1/accounts/{id}',
  ],
  customers: [
    'GET /v1/customers/{id} 6',
    'GET /v1/customers',
    'PATCH /v1/customers/{id}',
    'GET /v1/customers/{id}/addresses',
    'PUT /v1/customers/{id}/addresses/{address}',
    'GET /v1/customers/{id}/export 24',
    'GET /v1/customers/{id}/consents',
  ],
  documents: [
    'POST /v1/documents 14',
    'GET /v1/documents/{id}',
    'GET /v1/documents/{id}/pages/{page}',
    'DELETE /v1/documents/{id}',
    'GET /v1/documents',
  ],
  inventory: [
    'GET /v1/stock/{sku} 5',
    'PUT /v1/stock/{sku}',
    'POST /v1/reservations',
    'DELETE /v1/reservations/{id}',
    'GET /v1/warehouses',
    'GET /v1/warehouses/{id}/movements',
  ],
  notifications: [
    'POST /v1/messages',
    'GET /v1/messages/{id}',
    'GET /v1/templates/{name}',
    'PUT /v1/templates/{name}',
    'POST /v1/subscriptions',
    'DELETE /v1/subscriptions/{id}',
  ],
  auth: [
    'POST /v1/token 7',
    'POST /v1/introspect',
    'POST /v1/revoke',
    'GET /v1/sessions/{id}',
    'DELETE /v1/sessions/{id}',
    'GET /v1/keys',
    'GET /v1/admin/users/{id}',
    'PUT /v1/admin/users/{id}/roles',
  ],
  vault: [
    'GET /v1/secrets/{name} 36',
    'PUT /v1/secrets/{name}',
    'GET /v1/certificates/{name}',
    'POST /v1/sign',
    'GET /v1/leases/{id}',
  ],
}

/** Every endpoint of the company, in a fixed order. */
export const companyOffers: readonly Offer[] = Object.entries(offers).flatMap(([service, lines]) =>
  lines.map((line) => {
    const [method = '', route = '', rank] = line.split(' ')
    return { service, method, route, rank: rank === undefined ? null : Number(rank) }
  }),
)

/** Teams whose services and people call the company's endpoints: the namespace, its workloads, the services they use. */
export const companyRoles: readonly {
  readonly namespace: string
  readonly workloads: readonly string[]
  readonly services: readonly string[]
}[] = [
  {
    namespace: 'shop',
    workloads: ['storefront', 'mobile-bff', 'recommender'],
    services: ['catalog', 'search', 'cart', 'orders'],
  },
  {
    namespace: 'checkout',
    workloads: ['checkout', 'risk', 'pricing'],
    services: ['cart', 'payments', 'orders', 'inventory'],
  },
  {
    namespace: 'billing',
    workloads: ['invoicer', 'ledger', 'dunning'],
    services: ['payments', 'accounts', 'documents', 'vault'],
  },
  { namespace: 'support', workloads: ['desk', 'chat'], services: ['customers', 'orders', 'documents', 'accounts'] },
  {
    namespace: 'logistics',
    workloads: ['picker', 'router', 'tracker'],
    services: ['inventory', 'orders', 'notifications'],
  },
  { namespace: 'marketing', workloads: ['campaigns', 'segments'], services: ['customers', 'notifications', 'search'] },
  {
    namespace: 'platform',
    workloads: ['gateway', 'rotator', 'provisioner'],
    services: ['auth', 'vault', 'notifications'],
  },
]
