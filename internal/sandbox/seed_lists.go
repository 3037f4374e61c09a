package sandbox

import "fmt"

type seedProduct struct {
	name, sku, group string
	price            string
}

func products() []seedProduct {
	return []seedProduct{
		{"Solar panel 400 W", "PV-400", "Panels", "289.00"},
		{"Solar panel 430 W, all black", "PV-430B", "Panels", "331.50"},
		{"Hybrid inverter 8 kW", "INV-8H", "Inverters", "2140.00"},
		{"Battery 10 kWh", "BAT-10", "Storage", "5890.00"},
		{"EV charger 11 kW", "EVC-11", "Chargers", "749.99"},
		{"Architectural shingles, bundle", "SH-ARC", "Roofing", "41.25"},
		{"Standing seam panel, ft", "MET-SS", "Roofing", "9.80"},
		{"Gutter guard, ft", "GUT-G", "Roofing", "7.10"},
	}
}

// lists makes the products, a list of brands and the invoices, with a field of
// every type that only lists have.
func (f *seeding) lists() {
	by := f.users[0]
	goods := addCatalog(f.a, "Products", "products", by)
	brands := addCatalog(f.a, "Brands", "regular", by)
	invoices := addCatalog(f.a, "Invoices", "invoices", by)
	f.catalogs = []int64{goods.ID, brands.ID, invoices.ID}
	f.elements = make([][]int64, 3)
	f.goods(goods, by)
	for _, name := range []string{"Helios Works", "Northlight", "Voltera", "Sunforge"} {
		f.elements[1] = append(f.elements[1], f.element(brands, name, by).ID)
	}
	f.invoices(invoices, by)
	f.equipment()
}

// element is as old as the account.
func (f *seeding) element(k *catalog, name string, by int64) *element {
	e := addElement(f.a, k, name, by)
	e.CreatedAt, e.UpdatedAt = f.p.profile.createdAt, f.p.profile.createdAt
	return e
}

func (f *seeding) goods(k *catalog, by int64) {
	owner, a := k.fields(), f.a
	group := a.fieldByCode(owner, "GROUP")
	for i, name := range []string{"Panels", "Inverters", "Storage", "Chargers", "Roofing"} {
		group.Nested = append(group.Nested, nestedEnum{ID: enumID(a), Value: name, Sort: int64(i)})
	}
	for _, p := range products() {
		e := f.element(k, p.name, by)
		for _, pair := range [][2]string{{"SKU", p.sku}, {"DESCRIPTION", p.name + ", in stock"}, {"PRICE", p.price}} {
			def := a.fieldByCode(owner, pair[0])
			e.Values = withValues(e.Values, def.ID, a.storeValues(def, []object{{"value": pair[1]}}))
		}
		e.Values = withValues(e.Values, group.ID, a.storeValues(group, []object{{"value": p.group}}))
		f.elements[0] = append(f.elements[0], e.ID)
	}
	for i, id := range f.leads {
		if i%9 != 2 {
			continue
		}
		for n := range 1 + i%2 {
			l, _ := a.links.add(ref{"leads", id}, ref{"catalog_elements", f.elements[0][(i+n)%len(f.elements[0])]})
			l.meta = object{"quantity": int64(1 + i%12), "catalog_id": k.ID, "price_id": nil}
		}
	}
}

func (f *seeding) invoices(k *catalog, by int64) {
	owner := k.fields()
	for _, s := range []seedField{
		{name: "Lines", code: "ITEMS", typ: "items"},
		{name: "Payer", code: "PAYER", typ: "payer"},
		{name: "Supplier", code: "SUPPLIER", typ: "supplier"},
		{name: "Project contact", typ: "linked_entity"},
	} {
		f.define(owner, s)
	}
	for i := range min(3, len(f.contacts)) {
		e := f.element(k, fmt.Sprintf("Invoice %d", 1001+i), by)
		p := products()[i]
		e.Values = f.values(owner, []seedValue{
			one("Lines", object{
				"sku": p.sku, "description": p.name, "unit_price": int64(100 * (i + 1)), "quantity": int64(10), "unit_type": "pcs",
				"discount": object{"type": "percentage", "value": int64(5)}, "vat_rate_id": int64(0), "vat_rate_value": int64(0),
				"product_id": f.elements[0][i],
			}),
			one("Payer", object{"name": f.p.contacts[i].name, "type": "individual", "entity_id": f.contacts[i], "entity_type": "contacts"}),
			one("Supplier", object{"entity_id": f.elements[1][i]}),
			one("Project contact", object{"entity_id": f.contacts[i], "entity_type": "contacts", "catalog_id": nil}),
		})
		f.elements[2] = append(f.elements[2], e.ID)
	}
}
