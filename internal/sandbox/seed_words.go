package sandbox

// The names and texts the demo company is made of. All are invented; phone numbers
// are from the ranges kept for fiction (+1 NPA 555 01xx) or plainly made up.

func firstNames() []string {
	return []string{
		"Grace", "Henry", "Sofia", "Caleb", "Naomi", "Oscar", "Ruth", "Miles", "Elena", "Simon", "Clara", "Jonas",
		"Ivy", "Marvin", "Lucia", "Felix", "Hannah", "Theo", "Martha", "Leon", "Wanda", "Rafael", "Judith", "Edgar",
		"Mina", "Walter", "Paula", "Victor", "Irene", "Samuel", "Tessa", "Gordon", "Adele", "Boris", "Nadia", "Emil",
	}
}

func lastNames() []string {
	return []string{
		"Holloway", "Kowalski", "Lopez", "Abbott", "Fernandez", "Nguyen", "Okafor", "Lindqvist", "Marsh", "Petrov",
		"Sandoval", "Whitaker", "Ibrahim", "Castellano", "Brandt", "Ellery", "Fontaine", "Garrity", "Hollis", "Ingram",
		"Jarvis", "Keller", "Langford", "Mercer", "Novak", "Ortega", "Pemberton", "Quintero", "Rosales", "Stanton",
		"Thorne", "Underhill", "Vasquez", "Winslow", "Yates", "Zimmer", "Barlow", "Crowley", "Dawson", "Eastman",
	}
}

func companyNames() []string {
	return []string{
		"Bluebird Bakery", "Harbor Street Dental", "Oak & Iron Gym", "Maple Row Apartments", "Lakeside Storage",
		"Northgate Brewery", "Pinecrest School", "Riverbend Church", "Summit Auto Body", "Willow Creek HOA",
		"Copper Kettle Diner", "Granite Peak Logistics", "Silverline Printing", "Sunny Paws Vet Clinic", "Old Mill Antiques",
		"Redwood Car Wash", "Stonegate Senior Living", "Twin Rivers Farm", "Valley Cold Storage", "Westfield Motors",
		"Amber Court Hotel", "Brightside Daycare", "Canyon View Winery", "Driftwood Cafe", "Evergreen Nursery",
		"Foxglove Florist", "Golden Crust Pizza", "Hilltop Medical Center", "Ironwood Cabinets", "Juniper Yoga",
		"Kingsley Warehouse", "Lantern Theater", "Meadow Lane Offices", "Nimbus Data Center", "Orchard Cider Works",
		"Prairie Grain Co-op", "Quarry Lofts", "Rosewood Spa", "Seabreeze Marina", "Telluric Foods",
	}
}

func streets() []string {
	return []string{"Alder St", "Birch Ave", "Cedar Ln", "Dogwood Dr", "Elm Ct", "Fir Rd", "Grove St", "Hickory Way", "Ivy Pl", "Juniper Blvd"}
}

type place struct{ city, state, zip string }

func places() []place {
	return []place{
		{"Alexandria", "VA", "22301"},
		{"Arlington", "VA", "22201"},
		{"Bethesda", "MD", "20814"},
		{"Rockville", "MD", "20850"},
		{"Silver Spring", "MD", "20901"},
		{"Washington", "DC", "20002"},
		{"Fairfax", "VA", "22030"},
		{"Laurel", "MD", "20707"},
	}
}

func commonNotes() []string {
	return []string{
		"Roof is about 12 years old, asphalt shingles, south side gets sun from 9 to 5. Wants numbers with and without battery.",
		"Asked whether the federal tax credit can be claimed this year. Sent the fact sheet.",
		"Electric bill averages $210 a month. Uploaded last three bills.",
		"Prefers text messages, works nights. Do not call before noon.",
		"Compared our offer with another installer: we are 8% higher but include monitoring.",
		"HOA approval needed. They meet on the first Tuesday of the month.",
		"Main panel is 100 A and will need an upgrade. Told him this adds about $2,400.",
		"Leak above the garage after the last storm. Insurance adjuster has been there already.",
		"Spouse wants to see a reference installation nearby. Offered the one on Birch Ave.",
		"Gate code 4471, friendly dog. Parking in the rear.",
		"Financing pre-approved, waiting for the signed proposal.",
		"Wants the crew to start only after school holidays.",
		"Chimney flashing must be replaced first; quote it as a separate line.",
		"Decision maker is the facilities manager, not the owner.",
	}
}

func callNotes() []string {
	return []string{
		"Talked through the proposal, will decide with the family by Friday.", "Left a voicemail about the survey appointment.",
		"Confirmed the inspection for Thursday morning.", "Asked for a discount; offered free gutter guards instead.",
		"No answer, second try.", "Wants a call back next week after the holiday.", "Questions about permits, all answered.",
	}
}

func serviceNotes() []string {
	return []string{"Proposal opened by the customer", "Permit status changed to approved", "Survey photos received: 14", "Invoice paid"}
}

func smsNotes() []string {
	return []string{"Hi, is tomorrow 9:30 still fine?", "Yes, see you then.", "Our crew is on the way.", "Could you send the contract again?"}
}

func taskTexts() []string {
	return []string{
		"Call about the proposal", "Send revised quote", "Confirm survey date", "Ask for the electric bill", "Follow up on financing",
		"Collect HOA approval", "Check permit status", "Schedule the inspection", "Send warranty documents", "Ask for a referral",
	}
}

func taskResults() []string {
	return []string{"Done, customer confirmed", "Sent by e-mail", "No answer, left a message", "Agreed on next Tuesday", "Customer needs another week"}
}
